package pg

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"qingfeng/bot/survey"
)

// Ballots is the ballot side of surveys: it knows tokens and no people, and no statement
// here reads a table that does.
type Ballots struct {
	DB *DB
	// Box closes ballots until their survey is over; nil: they wait unclosed.
	Box Box
}

// Box closes bytes so that they open for the same survey only.
type Box interface {
	Close(survey int64, plain []byte) ([]byte, error)
	Open(survey int64, closed []byte) ([]byte, error)
}

// ballotBlock is what ballots are padded to a multiple of, so that their length tells
// nothing: all but those with long free words are equal.
const ballotBlock = 1536

// Sheet is what the holder of a token is asked; survey.ErrSpent when it is good for nothing.
func (b *Ballots) Sheet(ctx context.Context, token string) (survey.Sheet, error) {
	var s survey.Sheet
	hash, ok := survey.TokenHash(token)
	if !ok {
		return s, survey.ErrSpent
	}
	var raw []byte
	err := b.DB.q(ctx).QueryRow(ctx, `
		SELECT s.sheet FROM survey_pool p JOIN survey s ON s.id = p.survey WHERE p.token_hash = $1 AND s.state = 'open'`, hash).Scan(&raw)
	if err != nil {
		return s, spent(err)
	}
	return s, json.Unmarshal(raw, &s)
}

// Cast takes a ballot for a token, once; survey.ErrSpent afterwards.
func (b *Ballots) Cast(ctx context.Context, token string, ballot survey.Ballot) error {
	hash, ok := survey.TokenHash(token)
	if !ok {
		return survey.ErrSpent
	}
	return b.DB.InTx(ctx, func(ctx context.Context) error {
		var id int64
		// The lock waits for a close that is under way, and holds the next one off.
		err := b.DB.q(ctx).QueryRow(ctx, `
			SELECT s.id FROM survey_pool p JOIN survey s ON s.id = p.survey WHERE p.token_hash = $1 AND s.state = 'open' FOR SHARE OF s`, hash).Scan(&id)
		if err != nil {
			return spent(err)
		}
		tag, err := b.DB.q(ctx).Exec(ctx, `DELETE FROM survey_pool WHERE token_hash = $1`, hash)
		if err != nil {
			return fmt.Errorf("cast: %w", err)
		}
		if tag.RowsAffected() != 1 {
			return survey.ErrSpent
		}
		body, err := b.pack(id, ballot)
		if err != nil {
			return fmt.Errorf("cast: %w", err)
		}
		// Among others that are written anew: which one came last cannot be told (mixWith).
		if _, err := b.DB.q(ctx).Exec(ctx, `
			WITH mix AS (SELECT id FROM survey_inbox WHERE survey = $1 ORDER BY random() LIMIT $3 FOR UPDATE SKIP LOCKED),
			gone AS (DELETE FROM survey_inbox b USING mix WHERE b.id = mix.id RETURNING b.body),
			every AS (SELECT body FROM gone UNION ALL SELECT $2::bytea)
			INSERT INTO survey_inbox (survey, body) SELECT $1, body FROM every ORDER BY gen_random_uuid()`, id, body, mixWith); err != nil {
			return fmt.Errorf("cast: %w", err)
		}
		return nil
	})
}

func spent(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return survey.ErrSpent
	}
	return fmt.Errorf("ballot: %w", err)
}

// The first byte of a waiting ballot.
const (
	ballotPlain  = 0
	ballotClosed = 1
)

// pack writes a ballot as its length, its JSON and zeros up to a whole block, closed.
func (b *Ballots) pack(id int64, ballot survey.Ballot) ([]byte, error) {
	raw, err := json.Marshal(ballot)
	if err != nil {
		return nil, err
	}
	return b.packRaw(id, raw)
}

// packRaw is pack for a ballot that is JSON already.
func (b *Ballots) packRaw(id int64, raw []byte) ([]byte, error) {
	n := 4 + len(raw)
	out := make([]byte, (n+ballotBlock-1)/ballotBlock*ballotBlock)
	binary.BigEndian.PutUint32(out, uint32(len(raw)))
	copy(out[4:], raw)
	if b.Box == nil {
		return append([]byte{ballotPlain}, out...), nil
	}
	closed, err := b.Box.Close(id, out)
	return append([]byte{ballotClosed}, closed...), err
}

func (b *Ballots) unpack(id int64, body []byte) (out survey.Ballot, err error) {
	switch {
	case len(body) == 0:
		return out, errors.New("not a ballot")
	case body[0] == ballotClosed && b.Box == nil:
		return out, survey.ErrLocked
	case body[0] == ballotClosed:
		if body, err = b.Box.Open(id, body[1:]); err != nil {
			return out, errors.Join(survey.ErrLocked, err)
		}
	default: // taken before there was a key
		body = body[1:]
	}
	if len(body) < 4 || int(binary.BigEndian.Uint32(body)) > len(body)-4 {
		return out, errors.New("not a ballot")
	}
	return out, json.Unmarshal(body[4:4+binary.BigEndian.Uint32(body)], &out)
}
