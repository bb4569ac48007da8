package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"qingfeng/bot/letter"
	"qingfeng/bot/opinion"
	"qingfeng/bot/risk"
	"qingfeng/bot/text"
)

// init makes the first keys of a door.
func (c *custody) init(ctx context.Context, _ []string) error {
	was, ok, err := c.r.Ring(ctx, c.door)
	if err != nil {
		return err
	}
	if ok {
		return c.refuse(ctx, "exists", fmt.Sprintf(text.KeysExists, doorName(c.door)))
	}
	passphrases, err := c.ask.freshAll(ctx, []string{c.holder})
	if err != nil {
		return err
	}
	k, err := letter.NewKeyring()
	if err != nil {
		return err
	}
	return c.reissue(ctx, was, k, passphrases[0], text.KeysMade)
}

// checkPrinted has the printed key typed back: it exists, was copied well, and opens.
func (c *custody) checkPrinted(ctx context.Context, _ []string) error {
	c.action = "check"
	was, err := c.ring(ctx)
	if err != nil {
		return err
	}
	printed, err := c.printed(ctx, was)
	if err != nil {
		return err
	}
	if k, err := letter.OpenSpare(was.Spare, printed); err != nil || !k.Agrees(was.Recipients) {
		return c.refuse(ctx, "spare", text.KeysNoSpare)
	}
	now := was
	now.Printed = true
	if err := c.store(ctx, was, now); err != nil {
		return err
	}
	return c.done(now, text.KeysChecked, envelope(now.Recovery), doorName(c.door))
}

// printed asks for the printed key of a ring.
func (c *custody) printed(ctx context.Context, ring opinion.SealRing) (*letter.Keyring, error) {
	said, err := c.ask.secret(ctx, text.KeysAskPrinted)
	if err != nil {
		return nil, err
	}
	k, err := letter.ParsePrinted(said)
	if err != nil {
		return nil, c.refuse(ctx, "slip", text.KeysSlip)
	}
	if k.Recipient() != ring.Recovery {
		return nil, c.refuse(ctx, "other_key", fmt.Sprintf(text.KeysNotThis, doorName(c.door), envelope(ring.Recovery)))
	}
	return k, nil
}

// recover opens the keys with the printed key alone. Whoever holds them now gets new ones
// under a passphrase of his own; the printed key was out of its envelope and is replaced.
func (c *custody) recover(ctx context.Context, _ []string) error {
	was, err := c.ring(ctx)
	if err != nil {
		return err
	}
	printed, err := c.printed(ctx, was)
	if err != nil {
		return err
	}
	old, err := letter.OpenSpare(was.Spare, printed)
	if err != nil {
		return c.refuse(ctx, "spare", text.KeysNoSpare)
	}
	passphrases, err := c.ask.freshAll(ctx, []string{c.holder})
	if err != nil {
		return err
	}
	k, err := old.With(printed).Rotated()
	if err != nil {
		return err
	}
	if was.Tips {
		fmt.Fprintln(c.e.err, text.KeysTipsClosed)
	}
	return c.reissue(ctx, was, k, passphrases[0], text.KeysRecovered)
}

// reissue locks a keyring for one person and gives it a new printed key.
func (c *custody) reissue(ctx context.Context, was opinion.SealRing, k *letter.Keyring, passphrase, line string) error {
	return c.withPrinted(ctx, k, func(k *letter.Keyring) (opinion.SealRing, error) {
		now, err := locked(c.door, k, c.e.work, []string{c.holder}, []string{passphrase})
		if err == nil {
			err = c.store(ctx, was, now)
		}
		return now, err
	}, func() string {
		if line == text.KeysMade {
			return fmt.Sprintf(line, doorName(c.door), c.holder, c.door)
		}
		return fmt.Sprintf(line, doorName(c.door), c.door)
	})
}

// rotate puts a new key before the old ones, under new passphrases of the same people.
func (c *custody) rotate(ctx context.Context, _ []string) error {
	was, err := c.ring(ctx)
	if err != nil {
		return err
	}
	k, err := c.open(ctx, was)
	if err != nil {
		return err
	}
	if k, err = k.Rotated(); err != nil {
		return err
	}
	holders := was.Holders()
	passphrases, err := c.ask.freshAll(ctx, holders)
	if err != nil {
		return err
	}
	save := func(k *letter.Keyring) (opinion.SealRing, error) {
		now, err := locked(c.door, k, c.e.work, holders, passphrases)
		if err != nil {
			return now, err
		}
		now.Tips, now.Printed = was.Tips, was.Printed && now.Recovery == was.Recovery
		return now, c.store(ctx, was, now)
	}
	if c.reprint {
		return c.withPrinted(ctx, k, save, func() string {
			return fmt.Sprintf(text.KeysRotated, doorName(c.door)) + fmt.Sprintf(text.KeysReprinted, c.door)
		})
	}
	now, err := save(k)
	if err != nil {
		return err
	}
	return c.done(now, text.KeysRotated, doorName(c.door))
}

// split gives the keys to several people of whom any two open them together. The key is a
// new one: who opened the old one alone may have kept it, or a backup of its lock.
func (c *custody) split(ctx context.Context, holders []string) error {
	was, err := c.ring(ctx)
	if err != nil {
		return err
	}
	k, err := c.open(ctx, was)
	if err != nil {
		return err
	}
	if k, err = k.Rotated(); err != nil {
		return err
	}
	passphrases, err := c.ask.freshAll(ctx, holders)
	if err != nil {
		return err
	}
	now, err := locked(c.door, k, c.e.work, holders, passphrases)
	if err != nil {
		return err
	}
	now.Tips, now.Printed = was.Tips, was.Printed && now.Recovery == was.Recovery
	if err := c.store(ctx, was, now); err != nil {
		return err
	}
	return c.done(now, text.KeysSplit, doorName(c.door), len(holders))
}

// tips opens or shuts the discipline office's sealed box.
func (c *custody) tips(ctx context.Context, _ []string) error {
	if c.door != opinion.Discipline {
		return errors.New(text.KeysTipsFor)
	}
	was, err := c.ring(ctx)
	if err != nil {
		return err
	}
	now, line := was, text.KeysTipsOff
	if now.Tips = c.action == "tips_on"; now.Tips {
		line = text.KeysTipsOn
		switch {
		case was.Needs() < holdersMin:
			return c.refuse(ctx, "single", text.KeysTipsOne)
		case !was.Ready():
			return c.refuse(ctx, "unprinted", text.KeysTipsPrint)
		}
	}
	if err := c.store(ctx, was, now); err != nil {
		return err
	}
	return c.finish(asDoorJSON(c.door, now, true), line)
}

// withPrinted makes a new printed key for a keyring, and shows it once when save has
// stored the ring. A sheet is written before, so that no ring is stored whose printed key
// went nowhere.
func (c *custody) withPrinted(ctx context.Context, k *letter.Keyring, save func(*letter.Keyring) (opinion.SealRing, error), line func() string) error {
	printed, err := letter.NewKeyring()
	if err != nil {
		return err
	}
	if c.sheet != "" {
		unit, err := c.r.Unit(ctx)
		if err != nil && !errors.Is(err, risk.ErrNone) {
			return err
		}
		page, err := drawSheet(unit.Name, c.door, printed, c.e.now())
		if err != nil {
			return err
		}
		if err := newFile(c.sheet, page); err != nil {
			return err
		}
	}
	now, err := save(k.Bound(printed.Recipient()))
	if err != nil {
		if c.sheet != "" {
			err = errors.Join(err, os.Remove(c.sheet))
		}
		return err
	}
	doc := asDoorJSON(c.door, now, true)
	switch doc.File = c.sheet; {
	case c.sheet != "":
		fmt.Fprintf(c.e.err, text.KeysWritten+"\n", c.sheet)
	case c.asJSON:
		doc.RecoveryKey = printed.Printed()
	default:
		fmt.Fprintf(c.e.out, text.KeysShown+"\n", doc.Envelope, printed.Printed())
	}
	return c.finish(doc, line())
}

// done ends a change: a line for people, or the state of the door.
func (c *custody) done(now opinion.SealRing, line string, args ...any) error {
	return c.finish(asDoorJSON(c.door, now, true), fmt.Sprintf(line, args...))
}

func (c *custody) finish(doc doorJSON, line string) error {
	for _, m := range c.ask.made {
		if c.asJSON {
			if doc.Passphrases == nil {
				doc.Passphrases = map[string]string{}
			}
			doc.Passphrases[m.holder] = m.passphrase
			continue
		}
		fmt.Fprintf(c.e.out, text.KeysShownPass+"\n", m.holder, m.passphrase)
	}
	return c.e.done(doc, "%s", line)
}
