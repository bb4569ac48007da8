package opinion

import (
	"slices"
	"time"
)

// SealRing is the keys of a door, as they are stored: what opens words stands here locked
// only (bot/letter).
type SealRing struct {
	Door       Door
	Recipients []string // all that new words are sealed to: the keyring and the printed key
	Locks      []Lock
	Recovery   string // public half of the printed key
	Spare      []byte // the keyring closed to the printed key (letter.Keyring.Spare)
	Printed    bool   // the printed recovery key was typed back
	Tips       bool   // discipline: the sealed box is open
	Made       time.Time
}

// Lock is a keyring locked for one person, or for two together.
type Lock struct {
	Holders []string `json:"holders"` // as they called themselves; shown when the desk is opened
	Locked  []byte   `json:"locked"`
}

// Ready reports whether words may be sealed to the door: a second way to open them exists.
func (r SealRing) Ready() bool { return len(r.Recipients) > 0 && r.Printed }

// Needs is how many people together open the door: one, or two of Holders.
func (r SealRing) Needs() int {
	if len(r.Locks) == 0 {
		return 0
	}
	return len(r.Locks[0].Holders)
}

// Holders are all whose passphrases open the door, in the order in which they were named.
func (r SealRing) Holders() []string {
	var out []string
	for _, l := range r.Locks {
		for _, h := range l.Holders {
			if !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	return out
}
