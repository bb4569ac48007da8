//go:build bench

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

// TestBench measures speed and size on this machine. Every figure is printed beside
// its target and, where there is one, beside the limit that was measured in the same
// run; a missed target fails nothing. QINGFENG_BENCH_QUICK=1 takes about a minute.
func TestBench(t *testing.T) {
	b := &bench{quick: os.Getenv("QINGFENG_BENCH_QUICK") != ""}
	began := time.Now()
	for _, part := range []struct {
		name string
		run  func(t *testing.T, b *bench)
	}{
		{"accept", benchAccept},
		{"turns", benchTurns},
		{"start", benchStart},
		{"load", benchLoad},
		{"crowd", benchCrowd},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, b) })
	}
	b.print(time.Since(began))
}

// bench collects figures.
type bench struct {
	quick   bool
	figures []figure
	notes   []string
}

// figure is one line of the table. limit and target are empty where there is none.
type figure struct {
	what, ours, limit, ratio, target string
	met                              *bool
}

// short is a, or b in the quick version.
func short[T any](b *bench, a, quick T) T {
	if b.quick {
		return quick
	}
	return a
}

func (b *bench) add(f figure, met ...bool) {
	if len(met) > 0 {
		f.met = &met[0]
	}
	b.figures = append(b.figures, f)
}

func (b *bench) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

func (b *bench) print(took time.Duration) {
	rows := [][]string{{"figure", "ours", "limit beside it", "ratio", "target", ""}}
	for _, f := range b.figures {
		verdict := ""
		if f.met != nil {
			verdict = map[bool]string{true: "met", false: "MISSED"}[*f.met]
		}
		rows = append(rows, []string{f.what, f.ours, f.limit, f.ratio, f.target, verdict})
	}
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	fmt.Println()
	for _, r := range rows {
		var line strings.Builder
		for i, cell := range r {
			line.WriteString(cell + strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)+2))
		}
		fmt.Println(strings.TrimRight(line.String(), " "))
	}
	fmt.Println()
	for _, n := range b.notes {
		fmt.Println(n)
	}
	fmt.Printf("took %.0f s\n", took.Seconds())
}

// quantile of durations; it sorts them.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(q*float64(len(all))))]
}

func middle(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	if len(all) == 0 {
		return 0
	}
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

func perSecond(v float64) string { return fmt.Sprintf("%.0f/s", v) }

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func mib(n int64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }

// ownCPU is the processor time of this process.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
