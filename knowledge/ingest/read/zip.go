package read

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// freeUnpack is how much a zip may unpack into whatever its ratio.
const freeUnpack = 64 << 20

// archive is a zip whose reading is bounded: Limits.Unpacked holds for all that is
// read of it together, and the names in it never touch a file system.
type archive struct {
	lim    Limits
	files  map[string]*zip.File // by lower-case path without a leading slash
	names  []string             // as they come
	spent  int64                // bytes unpacked
	packed int64                // bytes of the entries that were opened
}

func readZip(s *sink, r io.ReaderAt, size int64) error {
	if err := countEntries(r, size, s.lim.Entries); err != nil {
		return err
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return fail(Broken, "zip: %v", err)
	}
	a := &archive{lim: s.lim, files: map[string]*zip.File{}}
	var unpacked uint64
	for _, f := range z.File {
		if f.Flags&1 != 0 {
			return fail(Encrypted, "zip")
		}
		if unpacked += min(f.UncompressedSize64, 1<<40); unpacked > 8*uint64(s.lim.Unpacked) {
			return fail(Bomb, "entries state %d bytes and more", unpacked)
		}
		name := entry(f.Name)
		if _, twice := a.files[name]; !twice {
			a.files[name] = f
			a.names = append(a.names, name)
		}
	}
	switch {
	case a.has("ofd.xml"):
		return readOFD(s, a)
	case a.has("[content_types].xml"):
		main, err := mainPart(s, a)
		if err != nil {
			return err
		}
		switch {
		case strings.HasPrefix(main, "xl/"):
			return readXLSX(s, a, r, size)
		case strings.HasPrefix(main, "ppt/"):
			return fail(UnknownFormat, "pptx")
		case main != "":
			return readDOCX(s, a, main)
		}
	case a.has("mimetype"):
		return fail(UnknownFormat, "odf or epub")
	}
	for _, name := range a.names {
		if strings.HasSuffix(name, "encryptions.xml") {
			return fail(Encrypted, "ofd")
		}
	}
	if len(a.names) == 0 {
		return fail(Empty, "zip: no entries")
	}
	return fail(Archive, "zip")
}

// entry is a name in a zip as we compare it.
func entry(name string) string {
	return strings.ToLower(strings.TrimLeft(strings.ReplaceAll(name, `\`, "/"), "/"))
}

func (a *archive) has(name string) bool { return a.files[name] != nil }

// open reads an entry within the limits.
func (a *archive) open(name string) (*bounded, error) {
	f := a.files[entry(name)]
	if f == nil {
		return nil, fail(Broken, "an entry is missing")
	}
	// What an entry states of itself is enough to refuse it: the zip reader lets none
	// unpack into more than it stated.
	if n := f.UncompressedSize64; n > uint64(a.lim.Unpacked) || n > freeUnpack && n/max(f.CompressedSize64, 1) > uint64(a.lim.Ratio) {
		return nil, fail(Bomb, "an entry of %d bytes", n)
	}
	rc, err := f.Open()
	if err != nil {
		return nil, fail(Broken, "zip: %v", err)
	}
	a.packed += int64(min(f.CompressedSize64, 1<<40))
	return &bounded{a: a, ReadCloser: rc}, nil
}

type bounded struct {
	a *archive
	io.ReadCloser
	err error // why reading stopped; a parser may have made something else of it
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.a.spent += int64(n)
	switch {
	case b.a.spent > b.a.lim.Unpacked:
		b.err = fail(Bomb, "unpacks into more than %d bytes", b.a.lim.Unpacked)
	case b.a.spent > freeUnpack && b.a.spent/max(b.a.packed, 1) > b.a.lim.Ratio:
		b.err = fail(Bomb, "unpacks more than %d times", b.a.lim.Ratio)
	case err != nil && !errors.Is(err, io.EOF):
		b.err = fail(Broken, "zip: %v", err)
	default:
		return n, err
	}
	return n, b.err
}

// countEntries walks a zip's directory without keeping it: the standard reader keeps
// a record per entry, whatever their number.
func countEntries(r io.ReaderAt, size int64, limit int) error {
	tail := make([]byte, min(size, 22+65535))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return fail(Broken, "zip: %v", err)
	}
	for i := len(tail) - 22; i >= 0; i-- {
		if string(tail[i:i+4]) != "PK\x05\x06" {
			continue
		}
		end := size - int64(len(tail)) + int64(i)
		length := int64(binary.LittleEndian.Uint32(tail[i+12:]))
		offset := int64(binary.LittleEndian.Uint32(tail[i+16:]))
		if i+22+int(binary.LittleEndian.Uint16(tail[i+20:])) > len(tail) {
			return fail(Broken, "zip: a torn end")
		}
		// All ones mean a zip64, which a document is not. Where the directory starts is
		// stated twice, and the two may differ: both places are counted.
		if int(binary.LittleEndian.Uint16(tail[i+10:])) > limit || length == 0xFFFFFFFF || offset == 0xFFFFFFFF ||
			directory(r, offset, end, limit) > limit || directory(r, end-length, end, limit) > limit {
			return fail(Bomb, "more than %d entries", limit)
		}
		return nil
	}
	return fail(Broken, "zip: no directory")
}

// directory counts the records of a zip's directory, to one more than limit.
func directory(r io.ReaderAt, from, to int64, limit int) int {
	if from < 0 || from >= to {
		return 0
	}
	in := bufio.NewReader(io.NewSectionReader(r, from, to-from))
	head := make([]byte, 46)
	for n := 0; n <= limit; n++ {
		if _, err := io.ReadFull(in, head); err != nil || string(head[:4]) != "PK\x01\x02" {
			return n
		}
		rest := int(binary.LittleEndian.Uint16(head[28:])) + int(binary.LittleEndian.Uint16(head[30:])) + int(binary.LittleEndian.Uint16(head[32:]))
		if _, err := in.Discard(rest); err != nil {
			return n
		}
	}
	return limit + 1
}
