package read

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Line is one paragraph or one table row, in reading order. Its text has no line
// break, no invisible character and no white space at its ends.
type Line struct {
	Text  string
	Page  int // from 1; 0: not known
	Level int // the heading level that the format itself states, 1–9; 0: none
}

// Text is what a document says.
type Text struct {
	Lines  []Line
	Format string // txt md html docx doc rtf xlsx ofd pdf
	Pages  int    // 0: not known
	// Hidden is what a reader of the document cannot see and what was therefore left
	// out, a piece of it per entry (at most 200 of at most 200 characters), for
	// review. Invisible characters are entries of their own: "U+200B×12".
	Hidden []string
	Title  string // from the metadata, if it states one worth having
}

// Limits bound what one file may cost.
type Limits struct {
	FileBytes int64 // the file itself
	TextBytes int64 // its text
	Lines     int
	LineBytes int   // a longer paragraph is cut at the ends of sentences
	Entries   int   // in a zip
	Unpacked  int64 // bytes unpacked from a zip, all that is read of it together
	Ratio     int64 // unpacked : packed, from the 64th unpacked megabyte on
	Depth     int   // of nested elements
	Cells     int   // of a workbook, empty ones counted

	// PDF reads PDF files, in a process of its own: nil refuses them.
	PDF func(ctx context.Context, r io.ReaderAt, size int64, lim Limits) (Text, error)
}

// DefaultLimits suit a server with 1 GiB: a file of 100 MiB, 16 MiB of text.
func DefaultLimits() Limits {
	return Limits{
		FileBytes: 100 << 20, TextBytes: 16 << 20, Lines: 200_000, LineBytes: 48 << 10,
		Entries: 10_000, Unpacked: 256 << 20, Ratio: 200, Depth: 200, Cells: 4_000_000,
	}
}

// What is wrong with a file.
const (
	UnknownFormat = "unknown_format" // Detail: what it seems to be
	Archive       = "archive"        // a zip of files, or the like: to be unpacked first
	Encrypted     = "encrypted"
	Scanned       = "scanned" // pictures of pages: needs text recognition first
	TooBig        = "too_big"
	Bomb          = "bomb" // unpacks into more than a document can be
	Broken        = "broken"
	Empty         = "empty"
	Charset       = "charset"
	OldXLS        = "old_xls" // Excel 97–2003: save as xlsx
	OldDOC        = "old_doc" // Word 6, 95 and before: save as docx
	NoPDF         = "no_pdf"  // Limits.PDF is nil
)

// Error is why a file was not read. Detail is for operators: it never quotes the file.
type Error struct {
	Code   string
	Detail string
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return "read: " + e.Code
	}
	return "read: " + e.Code + ": " + e.Detail
}

func fail(code, format string, args ...any) error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// File reads a document. It closes nothing and keeps no reference to r. The error is
// an *Error where the file is at fault, ctx's error where time ran out.
func File(ctx context.Context, name string, r io.ReaderAt, size int64, lim Limits) (Text, error) {
	if size == 0 {
		return Text{}, fail(Empty, "0 bytes")
	}
	if size > lim.FileBytes {
		return Text{}, fail(TooBig, "%d bytes of %d", size, lim.FileBytes)
	}
	if err := ctx.Err(); err != nil {
		return Text{}, err
	}
	head := make([]byte, min(size, 1024))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return Text{}, fmt.Errorf("read %d bytes: %w", len(head), err)
	}
	format, err := sniff(head)
	if err != nil {
		return Text{}, err
	}
	if format == "pdf" {
		if lim.PDF == nil {
			return Text{}, fail(NoPDF, "")
		}
		return lim.PDF(ctx, r, size, lim)
	}
	s := newSink(ctx, lim)
	switch format {
	case "zip":
		err = readZip(s, r, size)
	case "ole":
		err = readOLE(s, r, size)
	case "rtf":
		err = readRTF(s, r, size)
	default:
		err = readPlain(s, path.Ext(strings.ToLower(name)), r, size)
	}
	if err != nil {
		return Text{}, err
	}
	return s.done()
}

// Magic numbers at the very start of formats that are told from it alone.
const (
	magicZip = "PK\x03\x04"
	magicOLE = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
)

// sniff tells the family of a file from its first bytes: pdf, zip, ole, rtf, or "" for
// something that may be plain text.
func sniff(head []byte) (string, error) {
	is := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case bytes.Contains(head, []byte("%PDF-")) && bytes.IndexByte(head, '%') < 1000 && !is("{\\rtf"):
		return "pdf", nil
	case is(magicZip), is("PK\x05\x06"):
		return "zip", nil
	case is(magicOLE):
		return "ole", nil
	case is("\xff\xd8\xff"), is("\x89PNG\r\n"), is("GIF8"), is("II*\x00"), is("MM\x00*"), is("BM") && len(head) > 26 && head[14] == 40:
		return "", fail(Scanned, "an image")
	case is("{\\rtf"):
		return "rtf", nil
	case is("Rar!"), is("7z\xbc\xaf"), is("\x1f\x8b"):
		return "", fail(Archive, "")
	case is("\x7fELF"), is("MZ\x90\x00"):
		return "", fail(UnknownFormat, "a program")
	}
	return "", nil
}
