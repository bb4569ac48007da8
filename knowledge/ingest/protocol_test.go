package ingest

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qingfeng/knowledge/ingest/read"
)

func TestFramesComeBackAsTheyWent(t *testing.T) {
	var pipe bytes.Buffer
	want := []response{
		{Text: read.Text{Format: "pdf", Pages: 2, Lines: []read.Line{{Text: "第一条　“<&>” 𠮷", Page: 1, Level: 2}}, Hidden: []string{"x"}}},
		{Code: read.Scanned, Detail: "3 of 3 pages"},
	}
	for _, r := range want {
		if err := writeFrame(&pipe, r); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range want {
		var got response
		if err := readFrame(&pipe, maxFrame, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Error(diff)
		}
	}
	if err := readFrame(&pipe, maxFrame, new(response)); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v", err)
	}
}

func TestLimitsGoThroughThePipeWhole(t *testing.T) {
	want := read.DefaultLimits()
	if got := fromLimits(want).limits(); !cmp.Equal(got, want, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "PDF" }, cmp.Ignore())) {
		t.Errorf("%+v", got)
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x02{}"))
	f.Add([]byte("\x00\x00\x00\x0e{\"ready\":true}\x00"))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Add([]byte("\x00\x00\x00\x10{\"text\":{\"Lines\":"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		for {
			var a response
			err := readFrame(r, 1<<16, &a)
			if errors.Is(err, io.EOF) && !errors.Is(err, errFrame) {
				return
			}
			if err != nil {
				if !errors.Is(err, errFrame) {
					t.Fatalf("an error of no kind: %v", err)
				}
				return
			}
			var again response
			var pipe bytes.Buffer
			if err := errors.Join(writeFrame(&pipe, a), readFrame(&pipe, maxFrame, &again)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(a, again); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
