package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// demoKeys is where a demo keeps the sheets of its printed keys, below its data directory.
const demoKeys = "keys"

// demoWork is little: everybody may know these passphrases.
const demoWork = 12

// rehearsedRings gives a demo keys for both doors, under passphrases that its greeting
// tells, with printed keys that were typed back. Doors that have keys keep them.
func rehearsedRings(ctx context.Context, r *pg.Register, dataDir string) error {
	for _, d := range []struct {
		door                 opinion.Door
		holders, passphrases []string
	}{
		{opinion.Office, []string{text.DemoOffice}, []string{text.DemoKeysOffice}},
		{opinion.Discipline, []string{text.DemoTipsFirst, text.DemoTipsSecond}, []string{text.DemoKeysFirst, text.DemoKeysSecond}},
	} {
		if _, have, err := r.Ring(ctx, d.door); err != nil {
			return err
		} else if have {
			continue
		}
		k, err := letter.NewKeyring()
		if err != nil {
			return err
		}
		printed, err := letter.NewKeyring()
		if err != nil {
			return err
		}
		unit, err := r.Unit(ctx)
		if err != nil && !errors.Is(err, risk.ErrNone) {
			return err
		}
		page, err := drawSheet(unit.Name, d.door, printed, r.Now())
		if err != nil {
			return err
		}
		path := filepath.Join(dataDir, demoKeys, string(d.door)+".html")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err // of a demo whose database is gone
		}
		if err := newFile(path, page); err != nil {
			return err
		}
		ring, err := locked(d.door, k.Bound(printed.Recipient()), demoWork, d.holders, d.passphrases)
		if err != nil {
			return err
		}
		// Typed back, as people have to.
		again, err := letter.ParsePrinted(printed.Printed())
		if err != nil {
			return err
		}
		ring.Printed, ring.Tips = again.Recipient() == ring.Recovery, d.door == opinion.Discipline
		err = r.ChangeRing(ctx, d.door, func(ctx context.Context, was opinion.SealRing, have bool) (opinion.SealRing, error) {
			if have {
				return was, nil
			}
			return ring, r.Record(ctx, risk.Event{Action: "keys.demo", Object: "seal_ring", Note: string(d.door)})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
