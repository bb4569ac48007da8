package form

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"strings"

	"qingfeng/bot"
	"qingfeng/bot/text"
)

// Limits on what is read. A roster of 5,000 rows is about half a megabyte packed
// and 3 MB unpacked.
const (
	MaxFile     = 20 << 20  // bytes of a file as uploaded
	maxUnpacked = 100 << 20 // bytes of all its parts
	maxPart     = 24 << 20  // bytes of one sheet of an import
	maxOldPart  = 8 << 20   // bytes of the body of an old form; anyone may upload one
	maxParts    = 2000
)

type kind int

const (
	kindXlsx kind = iota + 1
	kindDocx
)

// open says what the bytes are, before anything is unpacked. It refuses what cannot
// be read, and what would grow too large, with a line that says what to do.
func open(data []byte, partLimit uint64) (*zip.Reader, kind, error) {
	switch {
	case len(data) == 0:
		return nil, 0, bot.Refuse(text.FormRefuseEmpty, "form: empty file")
	case len(data) > MaxFile:
		return nil, 0, bot.Refuse(fmt.Sprintf(text.FormRefuseBig, MaxFile>>20), "form: file too big")
	case bytes.HasPrefix(data, []byte("%PDF")):
		return nil, 0, bot.Refuse(text.FormRefusePDF, "form: pdf")
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return nil, 0, refuseCompound(data)
	case !bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return nil, 0, bot.Refuse(text.FormRefuseUnknown, "form: unknown file type")
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, 0, broken(err)
	}
	if len(z.File) > maxParts {
		return nil, 0, bot.Refuse(text.FormRefuseBomb, "form: too many parts")
	}
	var total uint64
	var found kind
	for _, f := range z.File {
		if f.Flags&1 != 0 {
			return nil, 0, bot.Refuse(text.FormRefuseLocked, "form: encrypted zip")
		}
		name := strings.ToLower(f.Name)
		// The declared size binds: archive/zip stops reading a part that exceeds it.
		total += f.UncompressedSize64
		if f.UncompressedSize64 > maxUnpacked || total > maxUnpacked ||
			strings.HasSuffix(name, ".xml") && f.UncompressedSize64 > partLimit {
			return nil, 0, bot.Refuse(text.FormRefuseBomb, "form: unpacks too large")
		}
		switch {
		case name == "xl/workbook.xml":
			found = kindXlsx
		case strings.HasPrefix(name, "word/") && found == 0:
			found = kindDocx
		}
	}
	if found == 0 {
		return nil, 0, bot.Refuse(text.FormRefuseUnknown, "form: neither docx nor xlsx")
	}
	return z, found, nil
}

// refuseCompound tells the old binary formats and password-protected new ones apart:
// all are compound files, whose directory spells stream names in UTF-16.
func refuseCompound(data []byte) error {
	has := func(name string) bool {
		wide := make([]byte, 0, 2*len(name))
		for _, b := range []byte(name) {
			wide = append(wide, b, 0)
		}
		return bytes.Contains(data, wide)
	}
	switch {
	case has("EncryptedPackage"):
		return bot.Refuse(text.FormRefuseLocked, "form: encrypted file")
	case has("WordDocument"):
		return bot.Refuse(text.FormRefuseOldWord, "form: doc")
	case has("Workbook"), has("Book"):
		return bot.Refuse(text.FormRefuseOldExcel, "form: xls")
	}
	return bot.Refuse(text.FormRefuseOldOffice, "form: old office file")
}

func broken(err error) error {
	return &bot.Error{Say: text.FormRefuseBroken, Op: "form: broken file", Err: err}
}

// part returns the bytes of one part, at most limit.
func part(z *zip.Reader, name string, limit int64) ([]byte, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, broken(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, broken(err)
	}
	if int64(len(data)) > limit {
		return nil, bot.Refuse(text.FormRefuseBomb, "form: part too large")
	}
	return data, nil
}

// mainPart finds a docx's body by its relations; some programs name it differently.
func mainPart(z *zip.Reader) string {
	const usual = "word/document.xml"
	data, err := part(z, "_rels/.rels", 1<<20)
	if err != nil {
		return usual
	}
	var rels struct {
		Relationship []struct {
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		}
	}
	if xml.Unmarshal(data, &rels) != nil {
		return usual
	}
	for _, r := range rels.Relationship {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			return strings.TrimPrefix(path.Clean("/"+r.Target), "/")
		}
	}
	return usual
}
