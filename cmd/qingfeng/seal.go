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
