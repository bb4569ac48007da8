package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/seal"
	"qingfeng/bot/text"
)

// sealBox is the box of the configured keys; nil without one.
func sealBox(cfg Config) (*seal.Box, error) {
	if cfg.SealKey == "" {
		return nil, nil
	}
	return seal.New(string(cfg.SealKey), rand.Reader)
}

// openSeal gives the desk its talks and, if there is a key, the box for their content.
func (a *app) openSeal(cfg Config) error {
	a.desk.Talks = a.register
	box, err := sealBox(cfg)
	if err != nil {
		return err
	}
	if box != nil {
		a.desk.Seal = box
	}
	return nil
}

// demoSealKey is where a demo keeps its own key: beside the database, never in it, so
// that no backup has it.
const demoSealKey = "seal.key"

// rehearsedSeal is the configuration of a demo with a key of its own, unless it has one.
func rehearsedSeal(cfg Config) (Config, error) {
	if cfg.SealKey != "" {
		return cfg, nil
	}
	path := filepath.Join(cfg.DataDir, demoSealKey)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
			return cfg, err
		}
		raw = []byte(rand.Text() + rand.Text() + "\n")
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		return cfg, fmt.Errorf("seal key of the demo: %w", err)
	}
	cfg.SealKey = Secret(strings.TrimSpace(string(raw)))
	if _, err := sealBox(cfg); err != nil {
		return cfg, fmt.Errorf("%s: %w", path, err)
	}
	return cfg, nil
}

// examineSeal says whether content of talks can be taken, and whether all of it can be
// opened.
func (e env) examineSeal(ctx context.Context, cfg Config, register *pg.Register, ok, warn, fail func(string, string)) {
	box, err := sealBox(cfg)
	if err != nil {
		fail(text.DoctorSeal, text.CmdBadSealKey)
		return
	}
	used, err := register.SealKeyIDs(ctx)
	if err != nil {
		fail(text.DoctorSeal, explain(err))
		return
	}
	var have []string
	if box != nil {
		have = box.KeyIDs()
	}
	used = slices.DeleteFunc(used, func(id string) bool { return slices.Contains(have, id) })
	switch {
	case len(used) > 0:
		fail(text.DoctorSeal, fmt.Sprintf(text.DoctorSealLost, strings.Join(used, text.ListComma)))
	case box == nil:
		warn(text.DoctorSeal, text.DoctorNoSeal)
	default:
		ok(text.DoctorSeal, text.DoctorOK)
	}
}

// holdStale is how long an outer key (DATA_DIR/hold/NAME.key) may wait for the night: over
// a weekend with a machine that is off.
const holdStale = 3 * 24 * time.Hour

// examineRings says of each door whether words may be sealed to it and how many people
// open it, and whether the nights did their work.
func (e env) examineRings(ctx context.Context, cfg Config, register *pg.Register, ok, warn, fail func(string, string)) {
	for _, door := range []opinion.Door{opinion.Office, opinion.Discipline} {
		check := fmt.Sprintf(text.DoctorRing, doorName(door))
		ring, have, err := register.Ring(ctx, door)
		switch {
		case err != nil:
			fail(check, explain(err))
		case !have && door == opinion.Discipline:
			ok(check, text.DoctorRingNoTips)
		case !have:
			warn(check, text.DoctorRingNone)
		case len(ring.Recipients) != 2 || !slices.Contains(ring.Recipients, ring.Recovery) || len(ring.Locks) == 0 || len(ring.Spare) == 0:
			fail(check, fmt.Sprintf(text.DoctorRingDamaged, door))
		case !ring.Ready():
			warn(check, fmt.Sprintf(text.DoctorRingUnread, door))
		default:
			say := fmt.Sprintf(text.DoctorRingReady, ring.Needs())
			if door == opinion.Discipline {
				say += map[bool]string{true: text.DoctorRingOpen, false: text.DoctorRingShut}[ring.Tips]
			}
			ok(check, say)
		}
	}
	e.examineHold(ctx, cfg, register.DB, ok, warn)
}

// examineHold says whether the nights did their work, and whether arrivals wait under keys
// that are not here: those of an instance that is gone, or of before a restore.
func (e env) examineHold(ctx context.Context, cfg Config, db *pg.DB, ok, warn func(string, string)) {
	dir, stale, here := holdDir(cfg.DataDir, 1), 0, map[string]bool{}
	for n := 1; n <= holdSlots; n++ {
		names, err := keyNames(holdDir(cfg.DataDir, n))
		if err != nil {
			warn(text.DoctorHold, err.Error())
			return
		}
		for _, name := range names {
			here[name] = true
			if info, err := os.Stat(filepath.Join(holdDir(cfg.DataDir, n), name+keyEnd)); err == nil && e.now().Sub(info.ModTime()) > holdStale {
				stale++
			}
		}
	}
	waiting, err := db.HoldKeys(ctx)
	bad, badErr := db.Unopened(ctx)
	if err := errors.Join(err, badErr); err != nil {
		warn(text.DoctorHold, explain(err))
		return
	}
	strange := 0
	for _, k := range waiting {
		if !here[k.Name] {
			strange += k.N
		}
	}
	var wrong []string
	for _, w := range []struct {
		n   int
		say string
	}{
		{strange, fmt.Sprintf(text.DoctorHoldStrange, strange, cfg.DataDir)},
		{bad, fmt.Sprintf(text.DoctorHoldBad, bad, opinion.KeepDays)},
		{stale, fmt.Sprintf(text.DoctorHoldStale, stale, dir)},
	} {
		if w.n > 0 {
			wrong = append(wrong, w.say)
		}
	}
	if len(wrong) > 0 {
		warn(text.DoctorHold, strings.Join(wrong, " "))
		return
	}
	ok(text.DoctorHold, text.DoctorOK)
}
