package pg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
	"qingfeng/bot/opinion"
)

// Ring is the keys of a door, if it has any.
func (r *Register) Ring(ctx context.Context, door opinion.Door) (opinion.SealRing, bool, error) {
	k := opinion.SealRing{Door: door}
	var locks []byte
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT recipients, locks, recovery, spare, printed, tips, made_on FROM seal_ring WHERE door = $1`, door).
		Scan(&k.Recipients, &locks, &k.Recovery, &k.Spare, &k.Printed, &k.Tips, day{&k.Made})
	if errors.Is(err, pgx.ErrNoRows) {
		return opinion.SealRing{}, false, nil
	}
	if err == nil {
		err = json.Unmarshal(locks, &k.Locks)
	}
	if err != nil {
		return opinion.SealRing{}, false, fmt.Errorf("ring of %s: %w", door, err)
	}
	return k, true, nil
}

// SaveRing stores the keys of a door in place of those it had. A zero Made is today.
func (r *Register) SaveRing(ctx context.Context, k opinion.SealRing) error {
	locks, err := json.Marshal(k.Locks)
	if err != nil {
		return fmt.Errorf("save ring of %s: %w", k.Door, err)
	}
	if k.Made.IsZero() {
		k.Made = r.Now()
	}
	if k.Spare == nil {
		k.Spare = []byte{}
	}
	_, err = r.DB.q(ctx).Exec(ctx, `
		INSERT INTO seal_ring (door, recipients, locks, recovery, spare, printed, tips, made_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (door) DO UPDATE SET recipients = excluded.recipients, locks = excluded.locks, recovery = excluded.recovery,
			spare = excluded.spare, printed = excluded.printed, tips = excluded.tips, made_on = excluded.made_on`,
		k.Door, k.Recipients, locks, k.Recovery, k.Spare, k.Printed, k.Tips, bot.Civil(k.Made))
	if err != nil {
		return fmt.Errorf("save ring of %s: %w", k.Door, err)
	}
	return nil
}

// ChangeRing does change with the keys of a door while nobody else changes them: ok is
// false where there are none, and what change returns is stored. An error of change stores
// nothing and is returned as it is.
func (r *Register) ChangeRing(ctx context.Context, door opinion.Door, change func(ctx context.Context, was opinion.SealRing, ok bool) (opinion.SealRing, error)) error {
	return r.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := r.DB.q(ctx).Exec(ctx, `LOCK TABLE seal_ring IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return fmt.Errorf("change ring of %s: %w", door, err)
		}
		was, ok, err := r.Ring(ctx, door)
		if err != nil {
			return err
		}
		now, err := change(ctx, was, ok)
		if err != nil {
			return err
		}
		now.Door = door
		return r.SaveRing(ctx, now)
	})
}

// SaveHalf keeps one half of an open keyring until a moment, in place of the one the
// session had; nil or a moment that has passed closes the desk. session is SHA-256 of the
// session's token and the door. Halves that are over go on the way.
func (r *Register) SaveHalf(ctx context.Context, session, half []byte, until time.Time) error {
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		q := r.DB.q(ctx)
		if _, err := q.Exec(ctx, `DELETE FROM desk_ticket WHERE expires_at <= $1 OR session = $2`, r.Now(), session); err != nil {
			return err
		}
		if len(half) == 0 || !until.After(r.Now()) {
			return nil
		}
		_, err := q.Exec(ctx, `INSERT INTO desk_ticket (session, half, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (session) DO UPDATE SET half = excluded.half, expires_at = excluded.expires_at`, session, half, until)
		return err
	})
	if err != nil {
		return fmt.Errorf("half of a ticket: %w", err)
	}
	return nil
}

// ForgetHalves takes the halves that are over out of the table and its file.
func (r *Register) ForgetHalves(ctx context.Context) error {
	tag, err := r.DB.q(ctx).Exec(ctx, `DELETE FROM desk_ticket WHERE expires_at <= $1`, r.Now())
	if err != nil {
		return fmt.Errorf("forget halves of tickets: %w", err)
	}
	if tag.RowsAffected() > 0 {
		r.DB.scour(ctx, "desk_ticket")
	}
	return nil
}

// Half is the half that was kept for a session; nil when there is none any more.
func (r *Register) Half(ctx context.Context, session []byte) ([]byte, error) {
	var half []byte
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT half FROM desk_ticket WHERE session = $1 AND expires_at > $2`, session, r.Now()).Scan(&half)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("half of a ticket: %w", err)
	}
	return half, nil
}
