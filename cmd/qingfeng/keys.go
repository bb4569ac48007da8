package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// custody is one run of `qingfeng keys`: of which door, with which answers, and where what
// is shown once goes.
type custody struct {
	e       env
	r       *pg.Register
	door    opinion.Door
	ask     *asker
	action  string // of the audit log
	sheet   string // file of the printed key; "": it is shown
	holder  string // what a single holder is called
	check   bool
	reprint bool
	asJSON  bool
}

func keysCommand(ctx context.Context, e env, args []string) error {
	fs := e.flags(text.KeysUsage)
	door := fs.String("for", "", text.KeysFor)
	file := fs.String("passphrase-file", "", text.KeysFile)
	c := &custody{e: e}
	fs.StringVar(&c.sheet, "print", "", text.KeysPrint)
	fs.StringVar(&c.holder, "holder", "", text.KeysHolder)
	fs.BoolVar(&c.check, "check", false, text.KeysCheck)
	fs.BoolVar(&c.reprint, "reprint", false, text.KeysReprint)
	generate := fs.Bool("generate", false, text.KeysGenerate)
	asJSON := e.jsonFlag(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	do, names, ok := c.named(fs, rest)
	if !ok {
		return usage(fs)
	}
	c.asJSON = *asJSON
	if c.action == "show" {
		return e.withRegister(ctx, func(ctx context.Context, _ Config, r *pg.Register) error { return e.showKeys(ctx, r, *asJSON) })
	}
	if strings.HasPrefix(c.action, "tips") && *door == "" {
		*door = string(opinion.Discipline)
	}
	if c.door = opinion.Door(*door); c.door != opinion.Office && c.door != opinion.Discipline {
		return errors.New(text.KeysBadDoor)
	}
	if c.holder == "" {
		c.holder = doorName(c.door)
	}
	if c.action == "split" && !holdersFit(names) || !holderFits(c.holder) {
		return errors.New(text.KeysHolders)
	}
	var end func()
	if c.ask, end, err = e.asks(*file, *generate); err != nil {
		return err
	}
	defer end()
	return e.withRegister(ctx, func(ctx context.Context, _ Config, r *pg.Register) error {
		c.r = r
		return do(ctx, names)
	})
}

// named is what the arguments ask for; flags that mean nothing there do not fit.
func (c *custody) named(fs *flag.FlagSet, args []string) (do func(context.Context, []string) error, rest []string, ok bool) {
	if len(args) == 0 {
		return nil, nil, false
	}
	var flags []string
	c.action, rest = args[0], args[1:]
	switch c.action {
	case "init":
		do, flags = c.init, []string{"for", "print", "generate", "holder", "passphrase-file"}
	case "rotate":
		do, flags = c.rotate, []string{"for", "print", "generate", "reprint", "passphrase-file"}
	case "split":
		do, flags = c.split, []string{"for", "generate", "passphrase-file"}
	case "recover":
		do, flags = c.recover, []string{"for", "print", "generate", "holder", "passphrase-file"}
		if c.check {
			do, flags = c.checkPrinted, []string{"for", "check", "passphrase-file"}
		}
	case "show":
		return nil, nil, len(rest) == 0 && given(fs, nil)
	case "tips":
		if len(rest) != 1 || rest[0] != "on" && rest[0] != "off" {
			return nil, nil, false
		}
		c.action = "tips_" + rest[0]
		do, flags, rest = c.tips, []string{"for"}, nil
	default:
		return nil, nil, false
	}
	if c.action != "split" && len(rest) > 0 || !given(fs, flags) || c.action == "rotate" && c.sheet != "" && !c.reprint {
		return nil, nil, false
	}
	return do, rest, true
}

// given reports whether no other flags than these, and --json, were set.
func given(fs *flag.FlagSet, flags []string) bool {
	fits := true
	fs.Visit(func(f *flag.Flag) { fits = fits && (f.Name == "json" || slices.Contains(flags, f.Name)) })
	return fits
}

// Two-person custody is for two to five people.
const (
	holdersMin = 2
	holdersMax = 5
	holderMax  = 20 // characters
)

func holdersFit(names []string) bool {
	for i, n := range names {
		if !holderFits(n) || slices.Contains(names[:i], n) {
			return false
		}
	}
	return len(names) >= holdersMin && len(names) <= holdersMax
}

func holderFits(name string) bool {
	return name != "" && strings.TrimSpace(name) == name && utf8.ValidString(name) && utf8.RuneCountInString(name) <= holderMax &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

// ring is the keys of the door, which must have some.
func (c *custody) ring(ctx context.Context) (opinion.SealRing, error) {
	k, ok, err := c.r.Ring(ctx, c.door)
	if err == nil && !ok {
		err = fmt.Errorf(text.KeysNone, doorName(c.door), c.door)
	}
	return k, err
}

// refuse tells the audit log that somebody tried, and returns why not.
func (c *custody) refuse(ctx context.Context, code, say string) error {
	return errors.Join(errors.New(say), c.r.Record(ctx, c.event("refused", code)))
}

// event says what was done with the keys of the door; it is the operator's.
func (c *custody) event(result, code string) risk.Event {
	return risk.Event{Action: "keys." + c.action, Object: "seal_ring", Result: result, Note: strings.TrimSpace(string(c.door) + " " + code)}
}

// store puts the new keys in the place of those that were there when the command began.
func (c *custody) store(ctx context.Context, was, now opinion.SealRing) error {
	return c.r.ChangeRing(ctx, c.door, func(ctx context.Context, is opinion.SealRing, ok bool) (opinion.SealRing, error) {
		if !slices.Equal(is.Recipients, was.Recipients) || is.Recovery != was.Recovery || is.Printed != was.Printed || is.Tips != was.Tips {
			return is, errors.New(text.KeysRaced)
		}
		return now, c.r.Record(ctx, c.event("ok", ""))
	})
}

// open opens the keys with the passphrases of one person, or of two.
func (c *custody) open(ctx context.Context, ring opinion.SealRing) (*letter.Keyring, error) {
	asked := []string{fmt.Sprintf(text.KeysAskPassphrase, strings.Join(ring.Holders(), text.ListComma))}
	wrong := text.KeysWrong
	if ring.Needs() > 1 {
		asked = []string{fmt.Sprintf(text.KeysAskFirst, strings.Join(ring.Holders(), text.ListComma)), text.KeysAskSecond}
		wrong = text.KeysWrongTwo
	}
	var said []string
	for _, what := range asked {
		p, err := c.ask.secret(ctx, what)
		if err != nil {
			return nil, err
		}
		said = append(said, p)
	}
	var locks [][]byte
	for _, l := range ring.Locks {
		locks = append(locks, l.Locked)
	}
	k, err := letter.UnlockAny(locks, said...)
	if err != nil {
		return nil, c.refuse(ctx, "passphrase", wrong)
	}
	if !k.Agrees(ring.Recipients) || k.Recovery() != ring.Recovery {
		fmt.Fprintf(c.e.err, text.KeysTampered+"\n", doorName(c.door))
		if err := c.r.Record(ctx, c.event("refused", "tampered")); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// locked is a ring whose keys open with these people's passphrases: of one, or of any two.
// Guessing a passphrase costs work, 0 for what it should.
func locked(door opinion.Door, k *letter.Keyring, work int, holders, passphrases []string) (opinion.SealRing, error) {
	ring := opinion.SealRing{Door: door, Recipients: k.Recipients(), Recovery: k.Recovery()}
	add := func(who ...int) error {
		var l opinion.Lock
		var said []string
		for _, i := range who {
			l.Holders, said = append(l.Holders, holders[i]), append(said, passphrases[i])
		}
		var err error
		l.Locked, err = k.LockAt(cmp.Or(work, letter.Work), said...)
		ring.Locks = append(ring.Locks, l)
		return err
	}
	if len(holders) == 1 {
		if err := add(0); err != nil {
			return ring, err
		}
	}
	for i := range holders {
		for j := range i {
			if err := add(j, i); err != nil {
				return ring, err
			}
		}
	}
	var err error
	ring.Spare, err = k.Spare()
	return ring, err
}

// doorJSON is the state of a door as --json prints it.
type doorJSON struct {
	For         opinion.Door      `json:"for"`
	State       string            `json:"state"` // none, unprinted, ready
	Needs       int               `json:"needs"` // people
	Holders     []string          `json:"holders"`
	Tips        bool              `json:"tips"`
	Made        string            `json:"made,omitempty"`
	Envelope    string            `json:"envelope,omitempty"`     // number of the printed key's
	File        string            `json:"file,omitempty"`         // where the printed key went
	RecoveryKey string            `json:"recovery_key,omitempty"` // once
	Passphrases map[string]string `json:"passphrases,omitempty"`  // that were made, by holder; once
}

func asDoorJSON(door opinion.Door, ring opinion.SealRing, ok bool) doorJSON {
	d := doorJSON{For: door, State: "none", Holders: []string{}}
	if !ok {
		return d
	}
	d.State = "unprinted"
	if ring.Ready() {
		d.State = "ready"
	}
	d.Needs, d.Holders, d.Tips, d.Envelope = ring.Needs(), ring.Holders(), ring.Tips, envelope(ring.Recovery)
	if !ring.Made.IsZero() {
		d.Made = ring.Made.Format(time.DateOnly)
	}
	return d
}

// showKeys prints where both doors stand, without a secret.
func (e env) showKeys(ctx context.Context, r *pg.Register, asJSON bool) error {
	var docs []doorJSON
	for _, door := range []opinion.Door{opinion.Office, opinion.Discipline} {
		ring, ok, err := r.Ring(ctx, door)
		if err != nil {
			return err
		}
		docs = append(docs, asDoorJSON(door, ring, ok))
	}
	if asJSON {
		return e.json(docs)
	}
	for _, d := range docs {
		if d.State == "none" {
			fmt.Fprintf(e.out, text.KeysListNone+"\n", doorName(d.For))
			continue
		}
		state := map[string]string{"ready": text.KeysListReady, "unprinted": text.KeysListUnread}[d.State]
		who := text.KeysListSingle
		if d.Needs > 1 {
			who = text.KeysListPair
		}
		line := fmt.Sprintf(text.KeysListLine, doorName(d.For), state, d.Made, fmt.Sprintf(who, strings.Join(d.Holders, text.ListComma)), d.Envelope)
		if d.For == opinion.Discipline {
			line += text.Semicolon + map[bool]string{true: text.KeysListTips, false: text.KeysListNoTips}[d.Tips]
		}
		fmt.Fprintln(e.out, line)
	}
	return nil
}
