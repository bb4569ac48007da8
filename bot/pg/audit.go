package pg

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"time"

	"qingfeng/bot"
	"qingfeng/bot/risk"
)

// ErrAudit says that the audit log is not what was once written.
var ErrAudit = errors.New("audit log is damaged")

// linkBatch is how many events one LinkAudit transaction links at most.
const linkBatch = 1000

// Record appends an event to the audit log, with the change it tells of. LinkAudit
// chains it afterwards.
func (r *Register) Record(ctx context.Context, e risk.Event) error {
	return r.recordAt(ctx, e, r.Now())
}

// RecordOn is Record with the day alone: midnight in Asia/Shanghai. Its place among the
// other events, and the files of the database, still tell about when an official did
// something; when a citizen did is not an event at all.
func (r *Register) RecordOn(ctx context.Context, e risk.Event, day time.Time) error {
	return r.recordAt(ctx, e, bot.Civil(day))
}

func (r *Register) recordAt(ctx context.Context, e risk.Event, at time.Time) error {
	if e.Result == "" {
		e.Result = "ok"
	}
	_, err := r.DB.q(ctx).Exec(ctx, `
		INSERT INTO audit_event (at, actor, role, action, object, object_id, version, result, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		at, e.Actor, e.Role, e.Action, e.Object, e.ID, e.Version, e.Result, e.Note)
	if err != nil {
		return fmt.Errorf("record %s: %w", e.Action, err)
	}
	return nil
}

// LinkAudit chains every event that waits, in batches. Several instances may call it;
// a running one does so every second.
func (r *Register) LinkAudit(ctx context.Context) error {
	for {
		var made int
		if err := r.DB.q(ctx).QueryRow(ctx, `SELECT audit_chain($1)`, linkBatch).Scan(&made); err != nil {
			return fmt.Errorf("link audit: %w", err)
		}
		if made < linkBatch {
			return nil
		}
	}
}

// VerifyAudit links what waits and recomputes the hash chain from its beginning; what came
// meanwhile waits for its link and is left to the next time. An event that was
// changed, taken out or put in gives ErrAudit with the place. Whoever can write to
// the database can still cut the newest events off: the head (AuditHead) has to be
// kept somewhere else to notice.
func (r *Register) VerifyAudit(ctx context.Context) error {
	if err := r.LinkAudit(ctx); err != nil {
		return err
	}
	rows, err := r.DB.q(ctx).Query(ctx, `
		SELECT coalesce(l.seq, 0), coalesce(l.prev_hash, ''), coalesce(l.hash, ''),
		       coalesce(e.id, 0), coalesce(e.at, 'epoch'), coalesce(e.actor, 0), coalesce(e.role, ''), coalesce(e.action, ''),
		       coalesce(e.object, ''), coalesce(e.object_id, 0), coalesce(e.version, 0), coalesce(e.result, ''), coalesce(e.note, '')
		FROM audit_link l FULL JOIN
			(SELECT * FROM audit_event v WHERE NOT EXISTS (SELECT FROM audit_pending p WHERE p.event_id = v.id)) e ON e.id = l.event_id
		ORDER BY l.seq NULLS LAST`)
	if err != nil {
		return fmt.Errorf("verify audit: %w", err)
	}
	defer rows.Close()
	var (
		want       int64
		prev, hash []byte
		said       []byte
		seq, id    int64
		at         time.Time
		e          risk.Event
	)
	for rows.Next() {
		if err := rows.Scan(&seq, &said, &hash, &id, &at, &e.Actor, &e.Role, &e.Action, &e.Object, &e.ID, &e.Version, &e.Result, &e.Note); err != nil {
			return fmt.Errorf("verify audit: %w", err)
		}
		want++
		switch {
		case seq == 0:
			return fmt.Errorf("%w: event %d is not in the chain", ErrAudit, id)
		case seq != want:
			return fmt.Errorf("%w: link %d is missing", ErrAudit, want)
		case id == 0:
			return fmt.Errorf("%w: the event of link %d is missing", ErrAudit, seq)
		case !bytes.Equal(said, prev) || !bytes.Equal(hash, digest(prev, id, at, e)):
			return fmt.Errorf("%w: event %d (link %d) was changed", ErrAudit, id, seq)
		}
		prev = bytes.Clone(hash)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("verify audit: %w", err)
	}
	return nil
}

// AuditHead is the chain's length and newest hash, to be noted outside the database.
func (r *Register) AuditHead(ctx context.Context) (length int64, hash []byte, err error) {
	if err := r.LinkAudit(ctx); err != nil {
		return 0, nil, err
	}
	err = r.DB.q(ctx).QueryRow(ctx, `
		SELECT coalesce(max(seq), 0), coalesce((SELECT hash FROM audit_link ORDER BY seq DESC LIMIT 1), '') FROM audit_link`).Scan(&length, &hash)
	if err != nil {
		return 0, nil, fmt.Errorf("audit head: %w", err)
	}
	return length, hash, nil
}

// digest is audit_digest of migration 0002, computed without the database.
func digest(prev []byte, id int64, at time.Time, e risk.Event) []byte {
	h := sha256.New()
	h.Write(prev)
	for _, f := range []string{
		strconv.FormatInt(id, 10), strconv.FormatInt(at.UnixMicro(), 10), strconv.FormatInt(e.Actor, 10), string(e.Role), e.Action,
		e.Object, strconv.FormatInt(e.ID, 10), strconv.Itoa(e.Version), e.Result, e.Note,
	} {
		fmt.Fprintf(h, "%d:%s", len(f), f)
	}
	return h.Sum(nil)
}
