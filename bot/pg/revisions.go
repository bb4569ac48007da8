package pg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/risk"
)

// isNone and ignoreNone are for queries that may find nothing.
func isNone(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

func ignoreNone(err error) error {
	if isNone(err) {
		return nil
	}
	return err
}

// pointText is what a revision may change of a point (alias x), as JSON.
const pointText = `jsonb_build_object('title', x.title, 'manifestations', x.manifestations, 'category', x.category, 'level', x.confirmed,
	'measures', x.measures, 'monitor', x.monitor)`

// ProposeRevision stores the next version of a confirmed point and fills ID, Version,
// Before and State; an opinion that led to it (FromFeedback) is linked. risk.ErrChanged
// when another proposal is open or Before is not what stands; risk.ErrNone for a point
// that is not confirmed.
func (r *Register) ProposeRevision(ctx context.Context, v *risk.Revision) error {
	next, changed := *v, false
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		var now risk.PointText
		err := r.DB.q(ctx).QueryRow(ctx, `SELECT x.version + 1, `+pointText+` FROM risk_point x WHERE x.id = $1 AND x.state = 'confirmed' FOR UPDATE`, v.Point).Scan(&next.Version, &now)
		if err != nil {
			return found(err, "confirmed point", v.Point)
		}
		if seen := v.Before.Title != "" || len(v.Before.Manifestations) > 0; seen && !sameText(v.Before, now) {
			changed = true
			return nil
		}
		next.Before, next.After, next.State = whole(now), whole(v.After), "proposed"
		before, after, err := bothTexts(next)
		if err != nil {
			return err
		}
		err = r.DB.q(ctx).QueryRow(ctx, `
			INSERT INTO point_revision (point_id, version, before, after, why, meeting, state, proposed_by, proposed_on)
			VALUES ($1, $2, $3, $4, $5, $6, 'proposed', $7, $8) ON CONFLICT DO NOTHING RETURNING id`,
			v.Point, next.Version, before, after, v.Why, v.Meeting, v.ProposedBy, nullDay(v.ProposedOn)).Scan(&next.ID)
		if changed = isNone(err); changed || err != nil {
			return ignoreNone(err)
		}
		if v.FromFeedback != 0 {
			_, err = r.DB.q(ctx).Exec(ctx, `UPDATE feedback SET revision = $1 WHERE id = $2`, next.ID, v.FromFeedback)
		}
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("propose revision: %w", err)
	case changed:
		return fmt.Errorf("propose revision of point %d: %w", v.Point, risk.ErrChanged)
	}
	*v = next
	return nil
}

// whole has lists instead of nil, as the register stores them.
func whole(t risk.PointText) risk.PointText {
	t.Manifestations, t.Measures = notNil(t.Manifestations), notNil(t.Measures)
	return t
}

// sameText leaves out the monitor, which follows from the level.
func sameText(a, b risk.PointText) bool {
	a.Monitor, b.Monitor = "", ""
	return reflect.DeepEqual(whole(a), whole(b))
}

func bothTexts(v risk.Revision) (before, after []byte, err error) {
	if before, err = json.Marshal(v.Before); err != nil {
		return nil, nil, err
	}
	if after, err = json.Marshal(v.After); err != nil {
		return nil, nil, err
	}
	return cleanJSON(before), cleanJSON(after), nil
}

// DecideRevision approves or rejects an open proposal and reports whether this call did it.
// An approved one is in force at once: the point has its text and its version, and whoever
// holds the point's form open must read it again. risk.ErrChanged when the point is not any
// more what was to be revised: then nothing is written, and the proposal can still be
// rejected. A rejected one leaves the point alone.
func (r *Register) DecideRevision(ctx context.Context, id int64, approve bool, by int64, on time.Time) (done bool, err error) {
	state, changed := "rejected", false
	if approve {
		state = "approved"
	}
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		var (
			point   int64
			version int
			after   risk.PointText
			check   int64
		)
		err := r.DB.q(ctx).QueryRow(ctx, `SELECT point_id, version, after FROM point_revision WHERE id = $1 AND state = 'proposed' FOR UPDATE`, id).Scan(&point, &version, &after)
		if err != nil {
			return ignoreNone(err)
		}
		if approve {
			// Forms are locked before their points, as Save does.
			err := r.DB.q(ctx).QueryRow(ctx, `SELECT coalesce(c.id, 0) FROM risk_point x LEFT JOIN selfcheck c ON c.id = x.check_id WHERE x.id = $1`, point).Scan(&check)
			if err != nil {
				return err
			}
			if _, err := r.DB.q(ctx).Exec(ctx, `SELECT FROM selfcheck WHERE id = $1 FOR UPDATE`, check); err != nil {
				return err
			}
			after = whole(after)
			tag, err := r.DB.q(ctx).Exec(ctx, `
				UPDATE risk_point x SET title = $3, manifestations = $4, category = $5, confirmed = $6, measures = $7, monitor = coalesce(nullif($8, ''), monitor), version = $2
				WHERE x.id = $1 AND x.state = 'confirmed' AND x.version = $2 - 1`,
				point, version, after.Title, after.Manifestations, after.Category, after.Level, after.Measures, after.Monitor)
			if changed = err == nil && tag.RowsAffected() == 0; changed || err != nil {
				return err
			}
			if _, err := r.DB.q(ctx).Exec(ctx, `UPDATE selfcheck SET rev = rev + 1 WHERE id = $1`, check); err != nil {
				return err
			}
		}
		_, err = r.DB.q(ctx).Exec(ctx, `UPDATE point_revision SET state = $2, decided_by = $3, decided_on = $4 WHERE id = $1`, id, state, null(by), nullDay(on))
		done = err == nil
		return err
	})
	switch {
	case err != nil:
		return false, fmt.Errorf("decide revision %d: %w", id, err)
	case changed:
		return false, fmt.Errorf("decide revision %d: %w", id, risk.ErrChanged)
	}
	return done, nil
}

// Of several opinions that led to one revision the reader is shown one.
const revisionCols = `SELECT v.id, v.point_id, v.version, v.before, v.after, v.why, v.meeting, v.state, v.proposed_by, v.decided_by, v.proposed_on, v.decided_on,
	s.name, o.name, f.id, f.notice
	FROM point_revision v JOIN risk_point x ON x.id = v.point_id JOIN post o ON o.id = x.post_id JOIN section s ON s.id = o.section_id
	LEFT JOIN LATERAL (SELECT id, notice FROM feedback WHERE revision = v.id ORDER BY id LIMIT 1) f ON true `

func scanRevision(v *risk.Revision) []any {
	return []any{
		&v.ID, &v.Point, &v.Version, &v.Before, &v.After, &v.Why, &v.Meeting, &v.State, &v.ProposedBy,
		ref{&v.DecidedBy},
		day{&v.ProposedOn},
		day{&v.DecidedOn},
		&v.Section, &v.Post,
		ref{&v.FromFeedback},
		ref{&v.OnNotice},
	}
}

// Revision is one revision; risk.ErrNone.
func (r *Register) Revision(ctx context.Context, id int64) (risk.Revision, error) {
	var v risk.Revision
	err := r.DB.q(ctx).QueryRow(ctx, revisionCols+`WHERE v.id = $1`, id).Scan(scanRevision(&v)...)
	return v, found(err, "revision", id)
}

// Revisions are those of a campaign's points (0: of all), newest first.
func (r *Register) Revisions(ctx context.Context, campaign int64) ([]risk.Revision, error) {
	list, err := all(ctx, r, scanRevision, revisionCols+`WHERE $1 = 0 OR x.check_id IN (SELECT id FROM selfcheck WHERE campaign_id = $1) ORDER BY v.id DESC`, campaign)
	if err != nil {
		return nil, fmt.Errorf("revisions: %w", err)
	}
	return list, nil
}
