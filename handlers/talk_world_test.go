package handlers

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"qingfeng/bot"
	"qingfeng/bot/convo"
	"qingfeng/bot/convo/convotest"
	"qingfeng/bot/risk"
	"qingfeng/bot/seal"
)

// planted is what a talk is about: it may stand nowhere but sealed.
const planted = "请说明第三季度付款复核为何没有附现场照片"

const sealSecret = "test-only-0123456789abcdef0123456789abcdef"

// newTalks is the bureau with talks.
func newTalks(t *testing.T) *bureau {
	t.Helper()
	b := newBureau(t)
	b.desk.Talks, b.desk.Seal = b.reg, testBox(t)
	t.Cleanup(b.nothingPlain)
	return b
}

func testBox(t *testing.T) *seal.Box {
	t.Helper()
	box, err := seal.New(sealSecret, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// nothingPlain holds for every whole test: no table and no phone holds a planted text.
func (b *bureau) nothingPlain() {
	ctx := context.WithoutCancel(b.t.Context())
	for _, table := range b.tables(ctx) {
		var n int
		if err := b.db.Pool().QueryRow(ctx, `SELECT count(*) FROM "`+table+`" x WHERE x::text LIKE '%' || $1 || '%'`, planted).Scan(&n); err != nil {
			b.t.Fatal(err)
		}
		// Bytes show as hex in a row's text; the outbox keeps bytes.
		var hex int
		if err := b.db.Pool().QueryRow(ctx, `SELECT count(*) FROM "`+table+`" x WHERE x::text LIKE '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%'`, planted).Scan(&hex); err != nil {
			b.t.Fatal(err)
		}
		if n+hex > 0 {
			b.t.Errorf("the table %s holds what a talk is about", table)
		}
	}
	for _, row := range bureauRoster() {
		for _, bubble := range b.Phones.Screen(row.UserID) {
			if strings.Contains(bubble.String(), planted) {
				b.t.Errorf("the phone of %s shows what a talk is about: %s", row.UserID, bubble)
			}
		}
	}
}

func (b *bureau) tables(ctx context.Context) (out []string) {
	rows, err := b.db.Pool().Query(ctx, `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`)
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			b.t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil || len(out) < 20 {
		b.t.Fatalf("%d tables: %v", len(out), err)
	}
	return out
}

// member is somebody of the roster.
func (b *bureau) member(user bot.UserID) risk.Person {
	b.t.Helper()
	p, ok, err := b.reg.PersonByUserID(b.t.Context(), user)
	if err != nil || !ok {
		b.t.Fatalf("%s: %v", user, err)
	}
	return p
}

// talks is the newest notice.
func (b *bureau) talk() risk.Notice {
	b.t.Helper()
	list, err := b.reg.Notices(b.t.Context(), risk.NoticeFilter{})
	if err != nil || len(list) == 0 {
		b.t.Fatalf("no talk (%v)\n%s", err, b.Transcript())
	}
	return list[0]
}

func (b *bureau) talkIs(want risk.NoticeState) risk.Notice {
	b.t.Helper()
	n := b.talk()
	if n.State != want {
		b.t.Fatalf("the talk is %s, want %s\n%s", n.State, want, b.Transcript())
	}
	return n
}

// drafted writes a talk of a kind on the page and sends it.
func (b *bureau) sent(issuer, target bot.UserID, kind string, change ...func(*TalkDraft)) risk.Notice {
	b.t.Helper()
	in := TalkDraft{Kind: kind, Target: b.member(target).ID, At: b.Clock.Now().AddDate(0, 0, 2).Add(6 * 3600e9), Place: "302会议室", Contact: "韩清8012", Delivery: "card", Subject: planted, Body: planted}
	for _, f := range change {
		f(&in)
	}
	b.page(issuer, func(ctx context.Context, t *convo.Turn) error {
		n, ok, err := b.desk.DraftTalk(ctx, t, 0, 0, in)
		if err != nil || !ok {
			return err
		}
		_, err = b.desk.SendTalk(ctx, t, n.ID, n.Version)
		return err
	})
	return b.talk()
}

// does lets somebody do something to the newest talk on its page.
func (b *bureau) does(user bot.UserID, do func(ctx context.Context, t *convo.Turn, n risk.Notice) (bool, error)) bool {
	b.t.Helper()
	n := b.talk()
	done := false
	b.page(user, func(ctx context.Context, t *convo.Turn) (err error) {
		done, err = do(ctx, t, n)
		return err
	})
	return done
}

// sees finds one message that holds all of the parts.
func sees(t *testing.T, p *convotest.Person, parts ...string) *convotest.Person {
	t.Helper()
	for _, bubble := range p.Unread() {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(bubble.String(), part) }) {
			return p.Expect(parts[0])
		}
	}
	t.Fatalf("%s: no message with %q among %v", p.User, parts, p.Unread())
	return p
}

// bodies are the bytes that went out to somebody, oldest first.
func (b *bureau) bodies(user bot.UserID) [][]byte {
	b.t.Helper()
	rows, err := b.db.Pool().Query(b.t.Context(), `SELECT body FROM outbox WHERE user_key = $1 AND body IS NOT NULL ORDER BY id`, user.Key())
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			b.t.Fatal(err)
		}
		out = append(out, bytes.Clone(raw))
	}
	return out
}
