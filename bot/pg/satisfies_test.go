package pg_test

import (
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/handlers"
	"qingfeng/handlers/public"
)

// One store is the whole register; bot/pg itself must not import who uses it.
var (
	_ handlers.Register = (*pg.Register)(nil)
	_ convo.Directory   = (*pg.Register)(nil)
	_ handlers.Plans    = (*pg.Register)(nil)
	_ handlers.Notices  = (*pg.Register)(nil)
	_ handlers.Surveys  = (*pg.Surveys)(nil)
	_ public.Ballots    = (*pg.Ballots)(nil)

	_ handlers.Publications = (*pg.Register)(nil)
	_ handlers.Opinions     = (*pg.Register)(nil)
	_ public.Store          = (*pg.Citizens)(nil)
)
