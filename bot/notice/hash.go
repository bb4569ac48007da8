package notice

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
)

// Bytes is the snapshot in its one form: JSON with the fields in the order of the type,
// no escapes that JSON does not ask for, no line break at the end. Read from it and written
// again it is the same, also when a database kept it as jsonb.
func (s Snapshot) Bytes() []byte {
	if s.Points == nil {
		s.Points = []Point{}
	}
	if s.Open == nil {
		s.Open = []Field{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("notice: a snapshot of strings and numbers cannot be written: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Hash is SHA-256 of Bytes.
func (s Snapshot) Hash() []byte {
	sum := sha256.Sum256(s.Bytes())
	return sum[:]
}
