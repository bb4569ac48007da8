package index

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"qingfeng/knowledge"
)

// QuestionSwitch is the name under which questions themselves may be let out, beside
// the libraries: what somebody asks is internal text of its own.
const QuestionSwitch = "question"

// ErrNoLibrary: there is no library of that name.
var ErrNoLibrary = errors.New("index: no such library")

// Library is a set of documents with one switch for what may leave the unit.
type Library struct {
	Name      string
	External  bool // its texts may be sent to a model's endpoint
	Documents int
	Passages  int // of versions that are not withdrawn
}

var _ knowledge.Switches = (*Store)(nil)

// Libraries lists the libraries by name; the questions' switch is not one of them.
func (s *Store) Libraries(ctx context.Context) ([]Library, error) {
	rows, err := s.q(ctx).Query(ctx, `SELECT l.name, l.external, count(DISTINCT d.id)::int, count(p.id)::int FROM library l
		LEFT JOIN document d ON d.library = l.name
		LEFT JOIN document_version v ON v.document_id = d.id AND v.withdrawn_at IS NULL
		LEFT JOIN passage p ON p.version_id = v.id
		WHERE l.name <> $1 GROUP BY l.name ORDER BY l.name`, QuestionSwitch)
	if err != nil {
		return nil, fmt.Errorf("libraries: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Library])
	if err != nil {
		return nil, fmt.Errorf("libraries: %w", err)
	}
	return all, nil
}

// SetExternal lets a library's texts (or, under QuestionSwitch, what people ask) leave
// for an endpoint, or not any more: then its vectors go, too. ErrNoLibrary if there is
// none of that name. Recording who did it is the caller's.
func (s *Store) SetExternal(ctx context.Context, name string, on bool) error {
	return s.inTx(ctx, func(ctx context.Context) error {
		tag, err := s.q(ctx).Exec(ctx, "UPDATE library SET external = $2 WHERE name = $1", name, on)
		if err != nil {
			return fmt.Errorf("switch a library: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNoLibrary
		}
		if on || name == QuestionSwitch {
			return nil
		}
		// While an index is built the table takes no changes; who builds it drops them.
		var building bool
		err = s.q(ctx).QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'passage_vector'::regclass AND mode = 'ShareLock' AND granted)").Scan(&building)
		if err != nil || building {
			return err
		}
		_, err = s.DropStrayVectors(ctx)
		return err
	})
}

// MayLeave reports what may be sent to an endpoint.
func (s *Store) MayLeave(ctx context.Context) (libraries map[string]bool, questions bool, err error) {
	on, err := collect[string](ctx, s, "SELECT name FROM library WHERE external")
	if err != nil {
		return nil, false, fmt.Errorf("what may leave: %w", err)
	}
	libraries = map[string]bool{}
	for _, name := range on {
		if name == QuestionSwitch {
			questions = true
		} else {
			libraries[name] = true
		}
	}
	return libraries, questions, nil
}
