package main

import (
	"bytes"
	"testing"
)

func TestWaitingBallotsOpenUnderTheirOwnSurveyOnly(t *testing.T) {
	secret := Secret("0123456789abcdef0123456789abcdef-key")
	box, err := sealBox(Config{SealKey: secret})
	if err != nil {
		t.Fatal(err)
	}
	b := ballotBox{box}
	closed, err := b.Close(7, []byte("ballot"))
	if err != nil || bytes.Contains(closed, []byte("ballot")) {
		t.Fatalf("%q %v", closed, err)
	}
	if plain, err := b.Open(7, closed); err != nil || string(plain) != "ballot" {
		t.Errorf("%q %v", plain, err)
	}
	for name, bad := range map[string][]byte{"nothing": nil, "no name": []byte("x"), "changed": append(bytes.Clone(closed[:len(closed)-1]), closed[len(closed)-1]^1)} {
		if _, err := b.Open(7, bad); err == nil {
			t.Errorf("%s opens", name)
		}
	}
	if _, err := b.Open(8, closed); err == nil {
		t.Error("it opens for another survey")
	}
	// Keys may change while a survey runs.
	next, err := sealBox(Config{SealKey: "another-key-of-at-least-32-characters " + secret})
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := (ballotBox{next}).Open(7, closed); err != nil || string(plain) != "ballot" {
		t.Errorf("after a new key: %q %v", plain, err)
	}
}
