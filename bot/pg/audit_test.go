package pg_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"qingfeng/bot"
	"qingfeng/bot/pg"
	"qingfeng/bot/risk"
)

func event(n int) risk.Event {
	return risk.Event{Actor: int64(n), Role: bot.RoleSectionHead, Action: "review.pass", Object: "review", ID: 7, Version: 2, Result: "ok", Note: "第1条"}
}

func TestAuditChainHoldsUnderEightWriters(t *testing.T) {
	r, _ := newRegister(t)
	ctx := t.Context()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 25 {
				err := r.DB.InTx(ctx, func(ctx context.Context) error {
					if err := r.Record(ctx, event(g)); err != nil {
						return err
					}
					return r.Record(ctx, event(100+n))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	ok(t, r.VerifyAudit(ctx))
	length, hash, err := r.AuditHead(ctx)
	if length != 400 || len(hash) != 32 || err != nil {
		t.Errorf("head: %d links, %d bytes, %v", length, len(hash), err)
	}
}

func TestAuditEventOfARolledBackTransactionIsGone(t *testing.T) {
	r, _ := newRegister(t)
	ctx := t.Context()
	ok(t, r.Record(ctx, event(1)))
	lost := errors.New("changed my mind")
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		return errors.Join(r.Record(ctx, event(2)), lost)
	})
	if !errors.Is(err, lost) {
		t.Fatal(err)
	}
	ok(t, r.Record(ctx, event(3)))
	ok(t, r.VerifyAudit(ctx))
	same(t, "events", len(auditLines(t, r)), 2)
}

func TestAuditLogOnlyGrows(t *testing.T) {
	r, _ := newRegister(t)
	ok(t, r.Record(t.Context(), event(1)))
	for _, sql := range []string{
		`UPDATE audit_event SET note = ''`, `DELETE FROM audit_event`, `TRUNCATE audit_event CASCADE`,
		`UPDATE audit_link SET hash = ''`, `DELETE FROM audit_link`, `TRUNCATE audit_link`,
	} {
		if _, err := r.DB.Q(t.Context()).Exec(t.Context(), sql); err == nil {
			t.Errorf("%s went through", sql)
		}
	}
	ok(t, r.VerifyAudit(t.Context()))
}

// Somebody with the database's own powers can switch the triggers off; the chain tells.
func TestVerifyAuditFindsTampering(t *testing.T) {
	const off = `SET LOCAL session_replication_role = replica; `
	for name, sql := range map[string]string{
		"a changed note":         `UPDATE audit_event SET note = '第2条' WHERE id = 3`,
		"a changed actor":        `UPDATE audit_event SET actor = 9 WHERE id = 3`,
		"a changed time":         `UPDATE audit_event SET at = at + interval '1 microsecond' WHERE id = 3`,
		"a deleted event":        `DELETE FROM audit_event WHERE id = 3`,
		"an event and its link":  `DELETE FROM audit_link WHERE seq = 3; DELETE FROM audit_event WHERE id = 3`,
		"an event put in":        `INSERT INTO audit_event (at, actor, role, action, object, object_id, version, result, note) VALUES (now(), 1, '', 'x', 'x', 1, 1, 'ok', '')`,
		"words moved to a field": `UPDATE audit_event SET action = 'review.passr', object = 'eview' WHERE id = 3`,
		"a new hash for one":     `UPDATE audit_event SET note = '' WHERE id = 3; UPDATE audit_link SET hash = audit_digest(prev_hash, (SELECT e FROM audit_event e WHERE id = 3)) WHERE seq = 3`,
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := newRegister(t)
			for n := range 5 {
				ok(t, r.Record(t.Context(), event(n)))
			}
			ok(t, r.VerifyAudit(t.Context()))
			conn, err := r.DB.Pool().Acquire(t.Context())
			ok(t, err)
			defer conn.Release()
			_, err = conn.Conn().PgConn().Exec(t.Context(), "BEGIN; "+off+sql+"; COMMIT").ReadAll()
			ok(t, err)
			if err := r.VerifyAudit(t.Context()); !errors.Is(err, pg.ErrAudit) {
				t.Errorf("not noticed: %v", err)
			}
		})
	}
}
