package read

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// decode tells UTF-8, UTF-16 and GB18030 apart by what the bytes are, and returns the
// text. declared is what the document says of itself (html); it is heard only where
// the bytes alone are not enough, and believed only if they decode without a fault.
//
// GB18030 accepts almost any bytes, so decoding without a fault is not enough there:
// the characters must be ones that people write.
func decode(b []byte, declared string) (string, error) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return decode16(b[2:], binary.LittleEndian)
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return decode16(b[2:], binary.BigEndian)
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return decodeZeros(b)
	}
	if utf8.Valid(b) {
		return string(b), nil
	}
	if n := len(b); n > 4 {
		for cut := 1; cut <= 3; cut++ { // the last character was torn
			if b[n-cut] >= 0xC0 && utf8.Valid(b[:n-cut]) && bytes.ContainsFunc(b[:n-cut], func(r rune) bool { return r > 0x7F }) {
				return string(b[:n-cut]), nil
			}
		}
	}
	if looksUTF8(b) {
		return "", fail(Charset, "utf-8 with faults")
	}
	if plausibleGB(b) {
		out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
		if err == nil && !bytes.ContainsRune(out, utf8.RuneError) {
			return string(out), nil
		}
	}
	if declared != "" {
		if e, name := charset.Lookup(declared); e != nil && name != "utf-8" && name != "gbk" && name != "gb18030" && name != "replacement" && name != "x-user-defined" {
			out, err := e.NewDecoder().Bytes(b)
			if err == nil && !bytes.ContainsRune(out, utf8.RuneError) {
				return string(out), nil
			}
		}
	}
	return "", fail(Charset, "neither utf-8 nor gb18030")
}

func decode16(b []byte, order binary.ByteOrder) (string, error) {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	runes := utf16.Decode(units)
	bad := 0
	for _, r := range runes {
		if r == utf8.RuneError {
			bad++
		}
	}
	if bad > 0 {
		return "", fail(Charset, "utf-16 with %d faults", bad)
	}
	return string(runes), nil
}

// decodeZeros is for bytes that hold zeros: UTF-16 without a mark, which its spaces and
// line ends give away, or no text at all.
func decodeZeros(b []byte) (string, error) {
	little, big := 0, 0
	for i := 0; i+1 < len(b); i += 2 {
		switch {
		case b[i+1] == 0 && (b[i] == '\n' || b[i] == '\r' || b[i] == ' '):
			little++
		case b[i] == 0 && (b[i+1] == '\n' || b[i+1] == '\r' || b[i+1] == ' '):
			big++
		}
	}
	var order binary.ByteOrder = binary.LittleEndian
	if big > little {
		order = binary.BigEndian
	}
	if len(b)%2 == 0 && little+big > 0 && min(little, big)*10 <= max(little, big) {
		text, err := decode16(b, order)
		if err == nil && !strings.ContainsFunc(text, func(r rune) bool { return r < '\t' }) {
			return text, nil
		}
	}
	return "", fail(UnknownFormat, "not a text")
}

// looksUTF8 reports text that is UTF-8 but for a few faults. GB18030 hardly ever forms
// sequences of UTF-8 by chance.
func looksUTF8(b []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n >= 3:
			good += n
		}
		i += n
	}
	return good > 10*bad
}

// plausibleGB reports whether at least two fifths of the characters beyond ASCII are
// of the common rows of GB2312: punctuation (A1–A3) and the first level (B0–D7), which
// simplified text fills to more than nine tenths, traditional to more than half.
func plausibleGB(b []byte) bool {
	common, all := 0, 0
	for i := 0; i < len(b); {
		if b[i] < 0x80 {
			i++
			continue
		}
		all++
		if i+1 < len(b) && b[i+1] >= 0xA1 && (b[i] >= 0xA1 && b[i] <= 0xA3 || b[i] >= 0xB0 && b[i] <= 0xD7) {
			common++
		}
		if i+1 < len(b) && b[i+1] >= 0x30 && b[i+1] <= 0x39 {
			i += 2 // four bytes in all
		}
		i += 2
	}
	return common*5 >= all*2
}
