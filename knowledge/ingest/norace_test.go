//go:build !race

package ingest_test

import (
	"context"
	"strings"
	"testing"

	"qingfeng/knowledge/ingest"
)

// memory is what children in tests may use, bytes.
const memory = 256 << 20

func TestAFileThatNeedsTooMuchMemoryIsRefusedAndTheNextIsRead(t *testing.T) {
	for name, size := range map[string]int{"all at once": 60 << 20, "little by little": 30 << 20} {
		t.Run(name, func(t *testing.T) {
			c := children(t, func(c *ingest.ChildConfig) {
				c.Memory = 64 << 20
				c.Limits.Lines, c.Limits.TextBytes = 10_000_000, 1<<30
			})
			body := strings.Repeat(rule, size/len(rule))
			_, _, err := c.Read(context.Background(), "huge.txt", strings.NewReader(body), int64(len(body)))
			refusedAs(t, err, ingest.TooHeavy)
			readsText(t, c)
		})
	}
}
