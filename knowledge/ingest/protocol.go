package ingest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"qingfeng/knowledge/ingest/read"
)

// A frame is four bytes of length, big-endian, and that many bytes of JSON. A
// conversation is hello, ready, and then for each file: request, the file's bytes,
// response.

// maxFrame bounds a frame; the largest is the response to a file of much text.
const maxFrame = 96 << 20

// errFrame: what came through the pipe is no frame of ours.
var errFrame = errors.New("ingest: not a frame")

// hello is the first frame: what the child is allowed.
type hello struct {
	Limits limits `json:"limits"`
	Memory int64  `json:"memory"` // bytes; 0: no limit
	CPU    int    `json:"cpu"`    // seconds of processor time for one file; 0: no limit
	Wall   int    `json:"wall"`   // seconds for one file; 0: no limit
	Cache  string `json:"cache"`  // directory for compiled PDFium; may be empty
}

// limits are read.Limits without what cannot be written down.
type limits struct {
	FileBytes, TextBytes int64
	Lines, LineBytes     int
	Entries              int
	Unpacked, Ratio      int64
	Depth, Cells         int
}

func fromLimits(l read.Limits) limits {
	return limits{l.FileBytes, l.TextBytes, l.Lines, l.LineBytes, l.Entries, l.Unpacked, l.Ratio, l.Depth, l.Cells}
}

func (l limits) limits() read.Limits {
	return read.Limits{
		FileBytes: l.FileBytes, TextBytes: l.TextBytes, Lines: l.Lines, LineBytes: l.LineBytes,
		Entries: l.Entries, Unpacked: l.Unpacked, Ratio: l.Ratio, Depth: l.Depth, Cells: l.Cells,
	}
}

// ready answers hello.
type ready struct {
	Ready bool `json:"ready"`
}

// request announces a file; Size bytes follow its frame.
type request struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// response is a text, or why there is none.
type response struct {
	Text   read.Text `json:"text"`
	Code   string    `json:"code,omitempty"`
	Detail string    `json:"detail,omitempty"`
}

func writeFrame(w io.Writer, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(body) > maxFrame {
		return fmt.Errorf("%w: %d bytes", errFrame, len(body))
	}
	if _, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(body)))); err != nil { //nolint:gosec // at most maxFrame
		return err
	}
	_, err = w.Write(body)
	return err
}

// readFrame reads one frame of at most limit bytes into v. io.EOF means that the other
// side ended between two frames. Memory grows with what arrives, not with what is
// announced.
func readFrame(r io.Reader, limit int64, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	size := int64(binary.BigEndian.Uint32(head[:]))
	if size > limit {
		return fmt.Errorf("%w: %d bytes", errFrame, size)
	}
	var body bytes.Buffer
	if _, err := io.CopyN(&body, r, size); err != nil {
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	if err := json.Unmarshal(body.Bytes(), v); err != nil {
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	return nil
}
