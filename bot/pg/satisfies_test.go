package pg_test

import (
	"qingfeng/bot/convo"
	"qingfeng/bot/pg"
	"qingfeng/handlers"
)

// One store is the whole register; bot/pg itself must not import who uses it.
var (
	_ handlers.Register = (*pg.Register)(nil)
	_ convo.Directory   = (*pg.Register)(nil)
)
