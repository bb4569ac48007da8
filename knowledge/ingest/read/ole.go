package read

import (
	"errors"
	"io"
	"unicode/utf16"
)

// readOLE reads a compound file: Word 97–2003 and Kingsoft .wps, or an Office file
// under a password.
func readOLE(s *sink, r io.ReaderAt, size int64) error {
	c, err := openCompound(r, size, s.lim.Entries)
	if err != nil {
		return err
	}
	for _, is := range []struct{ stream, code, detail string }{
		{"EncryptedPackage", Encrypted, "office"},
		{"WordDocument", "", ""},
		{"Workbook", OldXLS, ""},
		{"Book", OldXLS, ""},
		{"PowerPoint Document", UnknownFormat, "ppt"},
	} {
		if _, ok := c.streams[is.stream]; ok && is.code != "" {
			return fail(is.code, "%s", is.detail)
		} else if ok {
			break
		}
	}
	streams := map[string][]byte{}
	for _, name := range []string{"WordDocument", "0Table", "1Table", "\x05SummaryInformation"} {
		if _, ok := c.streams[name]; !ok {
			continue
		}
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if streams[name], err = c.read(name); err != nil {
			return err
		}
	}
	if streams["WordDocument"] == nil {
		return fail(UnknownFormat, "ole")
	}
	return readDOC(s, streams)
}

// compound is a compound file ([MS-CFB]), of which only the streams at the top are
// looked at: below them are embedded objects. Every count in it is checked against the
// file's size before memory is taken for it, which is why this is not left to a library.
type compound struct {
	r       io.ReaderAt
	size    int64
	sector  int64
	fat     []uint32
	miniFAT []uint32
	mini    []byte // the stream that small streams stand in
	streams map[string]cfbEntry
}

type cfbEntry struct {
	start uint32
	size  int64
}

// Of a compound file.
const (
	cfbEnd     = 0xFFFFFFFA // sector numbers from here on are marks
	cfbMini    = 64         // bytes of a small sector
	cfbMiniMax = 4096       // a stream of fewer bytes stands in small sectors
)

func openCompound(r io.ReaderAt, size int64, entries int) (*compound, error) {
	head := make(bin, 512)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, fail(Broken, "ole: a torn header")
	}
	c := &compound{r: r, size: size, sector: 512, streams: map[string]cfbEntry{}}
	switch head.u16(0x1E) {
	case 9:
	case 12:
		c.sector = 4096
	default:
		return nil, fail(Broken, "ole: an impossible sector size")
	}
	// The sectors of the allocation table: 109 in the header, more in a chain.
	var tables []uint32
	for i := range 109 {
		tables = append(tables, uint32(head.u32(0x4C+4*i)))
	}
	most := int(size/c.sector) + 1
	for at, n := uint32(head.u32(0x44)), 0; at < cfbEnd; n++ {
		b, err := c.at(at)
		if err != nil || n > most {
			return nil, fail(Broken, "ole: the table of tables is torn")
		}
		for i := range len(b)/4 - 1 {
			tables = append(tables, uint32(b.u32(4*i)))
		}
		at = uint32(b.u32(len(b) - 4))
	}
	for _, at := range tables {
		if at >= cfbEnd {
			continue
		}
		b, err := c.at(at)
		if err != nil || len(c.fat) > most {
			break // what lies beyond the end of the file is never asked for
		}
		for i := range len(b) / 4 {
			c.fat = append(c.fat, uint32(b.u32(4*i)))
		}
	}
	dir, err := c.chain(uint32(head.u32(0x30)), int64(entries)*128)
	if err != nil {
		return nil, err
	}
	if len(dir) < 128 {
		return nil, fail(Broken, "ole without a directory")
	}
	if at := uint32(head.u32(0x3C)); at < cfbEnd {
		b, err := c.chain(at, size)
		if err != nil {
			return nil, err
		}
		for i := range len(b) / 4 {
			c.miniFAT = append(c.miniFAT, uint32(b.u32(4*i)))
		}
		if c.mini, err = c.chain(uint32(dir.u32(116)), size); err != nil {
			return nil, err
		}
	}
	c.list(dir)
	return c, nil
}

// list walks the tree of the root's entries.
func (c *compound) list(dir bin) {
	seen := make([]bool, len(dir)/128)
	open := []uint32{uint32(dir.u32(76))}
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		if int64(i) >= int64(len(seen)) || seen[i] {
			continue
		}
		seen[i] = true
		e := dir[int(i)*128:][:128]
		open = append(open, uint32(e.u32(68)), uint32(e.u32(72)))
		if e.u8(66) != 2 { // a stream
			continue
		}
		var name []uint16
		for k := range max(0, min(e.u16(64), 64)/2-1) {
			name = append(name, uint16(e.u16(2*k)))
		}
		c.streams[string(utf16.Decode(name))] = cfbEntry{start: uint32(e.u32(116)), size: int64(e.u32(120))}
	}
}

// at is a sector; the last one of a file may be short.
func (c *compound) at(n uint32) (bin, error) {
	from := (int64(n) + 1) * c.sector
	if from >= c.size {
		return nil, fail(Broken, "ole: a sector beyond the end")
	}
	b := make(bin, c.sector)
	if got, err := c.r.ReadAt(b, from); err != nil && (!errors.Is(err, io.EOF) || got == 0) {
		return nil, fail(Broken, "ole: %v", err)
	}
	return b, nil
}

// chain reads a chain of sectors of at most so many bytes.
func (c *compound) chain(at uint32, most int64) (bin, error) {
	var out bin
	for at < cfbEnd {
		b, err := c.at(at)
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
		if int64(len(out)) > c.size {
			return nil, fail(Broken, "ole: a chain without an end")
		}
		if int64(len(out)) > most+c.sector {
			return nil, fail(Bomb, "a directory of more than %d bytes", most)
		}
		if int64(at) >= int64(len(c.fat)) {
			return nil, fail(Broken, "ole: a torn chain")
		}
		at = c.fat[at]
	}
	return out, nil
}

// read is a stream.
func (c *compound) read(name string) (bin, error) {
	e := c.streams[name]
	if e.size > c.size {
		return nil, fail(Broken, "ole: a stream larger than its file")
	}
	if e.size >= cfbMiniMax {
		b, err := c.chain(e.start, c.size)
		if err == nil && int64(len(b)) < e.size {
			err = fail(Broken, "ole: a short stream")
		}
		return b.cut(0, int(e.size)), err
	}
	var out bin
	for at := e.start; at < cfbEnd && int64(len(out)) < e.size; at = c.miniFAT[at] {
		if int64(at) >= int64(len(c.miniFAT)) {
			return nil, fail(Broken, "ole: a torn chain")
		}
		out = append(out, bin(c.mini).cut(int(at)*cfbMini, cfbMini)...)
		if (int(at)+1)*cfbMini > len(c.mini) {
			break
		}
	}
	return out.cut(0, int(e.size)), nil
}
