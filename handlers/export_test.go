package handlers

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"qingfeng/bot/form"
)

func TestADraftLeavesTheHouseAsABlankForm(t *testing.T) {
	b := newOffice(t)
	b.written(1)
	words := b.check("wang").Points[0].Manifestations[0]
	for submitted, want := range map[bool]bool{false: true, true: false} {
		_, data, err := b.desk.Export(t.Context(), FormFubiao1, Scope{Campaign: b.campaign.ID, Submitted: submitted}, form.Docx)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(document(t, data), words[:30]); got != want {
			t.Errorf("submitted only %v: the draft's words are on the form: %v", submitted, got)
		}
	}
}

// document is the text of a docx.
func document(t *testing.T, data []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
