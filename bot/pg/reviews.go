package pg

import (
	"context"
	"fmt"
	"time"

	"qingfeng/bot/risk"
)

const reviewSQL = `
	SELECT v.id, v.check_id, v.version, v.step_no, v.step, ` + personCols + `, v.for_person, v.why, v.round, v.opened_at,
	       v.seen_at, v.decide_by, v.decision, v.decided_at, v.decided_by, v.unseen, v.channel, v.comment
	FROM review v JOIN person p ON p.id = v.assignee JOIN selfcheck c ON c.id = v.check_id
	WHERE `

func scanReview(v *risk.Review) []any {
	into := append([]any{&v.ID, &v.CheckID, &v.Version, &v.StepNo, &v.Step}, scanPerson(&v.Assignee)...)
	return append(into, ref{&v.For}, &v.Why, &v.Round, &v.OpenedAt,
		when{&v.SeenAt}, when{&v.DecideBy}, &v.Decision, when{&v.DecidedAt}, ref{&v.DecidedBy}, &v.Unseen, &v.Channel, &v.Comment)
}

func (r *Register) reviewsWhere(ctx context.Context, where string, args ...any) ([]risk.Review, error) {
	return all(ctx, r, scanReview, reviewSQL+where+` ORDER BY v.id`, args...)
}

// Review is one review.
func (r *Register) Review(ctx context.Context, id int64) (risk.Review, error) {
	var v risk.Review
	err := r.DB.q(ctx).QueryRow(ctx, reviewSQL+`v.id = $1`, id).Scan(scanReview(&v)...)
	return v, found(err, "review", id)
}

// Reviews are the reviews that the filter selects, oldest first.
func (r *Register) Reviews(ctx context.Context, f risk.ReviewFilter) ([]risk.Review, error) {
	list, err := r.reviewsWhere(ctx, `($1 = 0 OR v.check_id = $1) AND ($2 = 0 OR v.assignee = $2) AND ($3 = 0 OR c.campaign_id = $3)
		AND ($4 = '' OR v.step = $4) AND (NOT $5 OR v.decision = '')`, f.Check, f.Assignee, f.Campaign, f.Step, f.Open)
	if err != nil {
		return nil, fmt.Errorf("reviews: %w", err)
	}
	return list, nil
}

// OpenReview stores a new review and gives it its ID. A zero OpenedAt is now; a
// zero Round is the first.
func (r *Register) OpenReview(ctx context.Context, v *risk.Review) error {
	if v.OpenedAt.IsZero() {
		v.OpenedAt = r.Now()
	}
	v.Round = max(v.Round, 1)
	err := r.DB.q(ctx).QueryRow(ctx, `
		INSERT INTO review (check_id, version, step_no, step, assignee, for_person, why, round, opened_at, decide_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		v.CheckID, v.Version, v.StepNo, v.Step, v.Assignee.ID, null(v.For), v.Why, v.Round, v.OpenedAt, null(v.DecideBy)).Scan(&v.ID)
	if err != nil {
		return fmt.Errorf("open review: %w", err)
	}
	return nil
}

// Decide closes a review if it is still open and was opened on v.Version (0: on
// any), and reports whether this call did it. Of two at once one wins; the other
// waits for it and is told. A zero DecidedAt is now.
func (r *Register) Decide(ctx context.Context, v risk.Review) (won bool, err error) {
	if v.DecidedAt.IsZero() {
		v.DecidedAt = r.Now()
	}
	tag, err := r.DB.q(ctx).Exec(ctx, `
		UPDATE review SET decision = $2, decided_at = $3, decided_by = $4, unseen = $5, channel = $6, comment = $7
		WHERE id = $1 AND decision = '' AND ($8 = 0 OR version = $8)`,
		v.ID, v.Decision, v.DecidedAt, null(v.DecidedBy), v.Unseen, v.Channel, v.Comment, v.Version)
	if err != nil {
		return false, fmt.Errorf("decide review %d: %w", v.ID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Seen notes when the reviewer first opened the page.
func (r *Register) Seen(ctx context.Context, review int64, at time.Time) error {
	return r.touch(ctx, review, `seen_at = coalesce(seen_at, $2)`, at)
}

// Reissue begins the next round of a review: a card went out again. OpenedAt and
// DecideBy are those of the newest round.
func (r *Register) Reissue(ctx context.Context, review int64, at, decideBy time.Time) error {
	return r.touch(ctx, review, `round = round + 1, opened_at = $2, decide_by = $3`, at, null(decideBy))
}

func (r *Register) touch(ctx context.Context, review int64, set string, args ...any) error {
	tag, err := r.DB.q(ctx).Exec(ctx, `UPDATE review SET `+set+` WHERE id = $1`, append([]any{review}, args...)...)
	if err != nil {
		return fmt.Errorf("review %d: %w", review, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("review %d: %w", review, risk.ErrNone)
	}
	return nil
}
