package convo_test

import (
	"os"
	"testing"

	"qingfeng/bot/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
