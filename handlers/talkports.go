package handlers

import (
	"context"

	"qingfeng/bot/risk"
	"qingfeng/bot/seal"
)

// Notices keeps talks and reminders (谈话提醒) and the 谈心 that took place. Their
// content goes in and out sealed. bot/pg satisfies it.
type Notices interface {
	// Notice is one notice, locked inside a turn.
	Notice(ctx context.Context, id int64) (risk.Notice, error)
	Notices(ctx context.Context, f risk.NoticeFilter) ([]risk.Notice, error)
	NoticeCounts(ctx context.Context) (map[risk.NoticeState]int, error)
	// SaveNotice fails with risk.ErrChanged when somebody saved since it was read.
	SaveNotice(ctx context.Context, n *risk.Notice) error
	SavePart(ctx context.Context, p risk.NoticePart) error
	DropParts(ctx context.Context, notice int64, fields []string) error
	Parts(ctx context.Context, notice int64) ([]risk.NoticePart, error)

	// SaveHeartTalk reports false when that day was noted already.
	SaveHeartTalk(ctx context.Context, h risk.HeartTalk) (bool, error)
	// HeartTalks are those of a year with a person (0: with anybody), oldest first.
	HeartTalks(ctx context.Context, talked int64, year int) ([]risk.HeartTalk, error)

	// Everybody is every person of the roster, those who have left included.
	Everybody(ctx context.Context) ([]risk.Person, error)
	// ForgetSaid takes the words out of a stored message.
	ForgetSaid(ctx context.Context, dedupe string) error
}

// Sealer closes and opens content; bot/seal's Box is one.
type Sealer interface {
	Seal(about seal.About, text []byte) (keyID string, sealed []byte, err error)
	Open(about seal.About, keyID string, sealed []byte) ([]byte, error)
}
