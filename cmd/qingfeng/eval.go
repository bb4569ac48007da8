package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"qingfeng/bot/text"
)

// measurements are the kinds of `eval`.
func measurements() []command {
	return []command{
		{"retrieval", "", evalRetrieval},
		{"answers", "", evalAnswers},
	}
}

func evalCommand(ctx context.Context, e env, args []string) error {
	kinds := measurements()
	if len(args) > 0 {
		i := slices.IndexFunc(kinds, func(c command) bool { return c.name == args[0] })
		if i >= 0 {
			return kinds[i].run(ctx, e, args[1:])
		}
		if !strings.HasPrefix(args[0], "-") {
			names := make([]string, len(kinds))
			for i, k := range kinds {
				names[i] = k.name
			}
			return fmt.Errorf(text.EvalKind, args[0], strings.Join(names, text.ListComma))
		}
	}
	fs := e.flags(text.EvalUsage)
	e.jsonFlag(fs)
	if _, err := parse(fs, args); err != nil {
		return err
	}
	return usage(fs)
}
