package letter_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"qingfeng/bot/letter"
)

func TestAnAnswerOpensWithItsReceiptOnly(t *testing.T) {
	r, err := letter.NewReceipt(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	salt := []byte(strings.Repeat("s", letter.SaltSize))
	key, err := r.Key(salt)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := letter.SealAnswer([]byte("已采纳"), key.AnswerTo())
	if err != nil {
		t.Fatal(err)
	}
	again, err := letter.ParseReceipt(" " + strings.ToLower(strings.ReplaceAll(r.Code(), "-", " ")))
	if err != nil || again.Selector() != r.Selector() {
		t.Fatal(err)
	}
	k2, err := again.Key(salt)
	if err != nil || !k2.Fits(key.AnswerTo()) {
		t.Fatal("another key", err)
	}
	if text, err := k2.Open(answer); err != nil || string(text) != "已采纳" {
		t.Errorf("%q %v", text, err)
	}
	other, err := letter.NewReceipt(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k3, err := other.Key(salt)
	if err != nil || k3.Fits(key.AnswerTo()) {
		t.Fatal("another receipt has the same key")
	}
	if _, err := k3.Open(answer); err == nil {
		t.Error("another receipt opens the answer")
	}
}
