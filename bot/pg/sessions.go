package pg

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot"
)

// How long things at the staff door last.
const (
	SessionFor    = 8 * time.Hour
	OAuthStateFor = 10 * time.Minute
)

// Session is a signed-in browser of one person.
type Session = bot.Session

// NewSession signs a person in for SessionFor and returns the token for the cookie.
// The database keeps its hash alone. Expired sessions go on the way.
func (r *Register) NewSession(ctx context.Context, id bot.UserID) (token string, s Session, err error) {
	token = rand.Text() + rand.Text()
	s = Session{UserID: bot.UserID(id.Key()), CSRF: rand.Text(), Expires: r.Now().Add(SessionFor)}
	err = r.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := r.DB.q(ctx).Exec(ctx, `DELETE FROM web_session WHERE expires_at <= $1`, r.Now()); err != nil {
			return err
		}
		_, err := r.DB.q(ctx).Exec(ctx, `INSERT INTO web_session (token_hash, user_key, csrf, expires_at) VALUES ($1, $2, $3, $4)`,
			hashed(token), s.UserID, s.CSRF, s.Expires)
		return err
	})
	if err != nil {
		return "", Session{}, fmt.Errorf("new session: %w", err)
	}
	return token, s, nil
}

// Session is the session of a cookie's token, if it is still good.
func (r *Register) Session(ctx context.Context, token string) (Session, bool, error) {
	var s Session
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT user_key, csrf, expires_at FROM web_session WHERE token_hash = $1 AND expires_at > $2`,
		hashed(token), r.Now()).Scan(&s.UserID, &s.CSRF, &s.Expires)
	return optional(s, err, "session")
}

// EndSession signs out.
func (r *Register) EndSession(ctx context.Context, token string) error {
	if _, err := r.DB.q(ctx).Exec(ctx, `DELETE FROM web_session WHERE token_hash = $1`, hashed(token)); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// NewOAuthState remembers for OAuthStateFor which page a person wanted, and returns
// the state to send along.
func (r *Register) NewOAuthState(ctx context.Context, target string) (string, error) {
	state := rand.Text()
	err := r.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := r.DB.q(ctx).Exec(ctx, `DELETE FROM oauth_state WHERE expires_at <= $1`, r.Now()); err != nil {
			return err
		}
		_, err := r.DB.q(ctx).Exec(ctx, `INSERT INTO oauth_state (state_hash, target, expires_at) VALUES ($1, $2, $3)`,
			hashed(state), target, r.Now().Add(OAuthStateFor))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("new oauth state: %w", err)
	}
	return state, nil
}

// TakeOAuthState gives the page back, once.
func (r *Register) TakeOAuthState(ctx context.Context, state string) (target string, ok bool, err error) {
	err = r.DB.q(ctx).QueryRow(ctx, `DELETE FROM oauth_state WHERE state_hash = $1 RETURNING CASE WHEN expires_at > $2 THEN target END`,
		hashed(state), r.Now()).Scan(&nullText{&target, &ok})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("take oauth state: %w", err)
	}
	return target, ok, nil
}

// nullText scans a text, or NULL as not there.
type nullText struct {
	s  *string
	ok *bool
}

func (n *nullText) Scan(v any) error {
	*n.s, *n.ok = v.(string)
	return nil
}

// Setting is a stored value, if it is there.
func (r *Register) Setting(ctx context.Context, key string) (string, bool, error) {
	var v string
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT value FROM setting WHERE key = $1`, key).Scan(&v)
	return optional(v, err, "setting "+key)
}

// SetSetting stores a value.
func (r *Register) SetSetting(ctx context.Context, key, value string) error {
	_, err := r.DB.q(ctx).Exec(ctx, `INSERT INTO setting (key, value, at) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at`, key, value, r.Now())
	if err != nil {
		return fmt.Errorf("set %s: %w", key, err)
	}
	return nil
}

// Allow reports whether something may happen again: true at most once in every
// period per key, across instances.
func (r *Register) Allow(ctx context.Context, key string, every time.Duration) (bool, error) {
	tag, err := r.DB.q(ctx).Exec(ctx, `INSERT INTO setting AS s (key, value, at) VALUES ($1, '', $2)
		ON CONFLICT (key) DO UPDATE SET at = excluded.at WHERE s.at <= $3`, key, r.Now(), r.Now().Add(-every))
	if err != nil {
		return false, fmt.Errorf("allow %s: %w", key, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Allowed is when Allow last let a key through; zero: never.
func (r *Register) Allowed(ctx context.Context, key string) (time.Time, error) {
	var at time.Time
	err := r.DB.q(ctx).QueryRow(ctx, `SELECT coalesce((SELECT at FROM setting WHERE key = $1), '0001-01-01'::timestamptz)`, key).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("allowed %s: %w", key, err)
	}
	if at.Year() < 2 {
		return time.Time{}, nil
	}
	return at, nil
}

func hashed(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}
