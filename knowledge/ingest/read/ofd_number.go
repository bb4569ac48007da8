package read

import (
	"math"
	"strconv"
	"strings"
)

// floats reads n numbers; what is missing or no number is 0.
func floats(text string, n int) []float64 {
	out := make([]float64, n)
	for i, f := range strings.Fields(text) {
		if i >= n {
			break
		}
		out[i] = float(f)
	}
	return out
}

func float(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1e7 {
		return 0
	}
	return f
}

// deltas reads the steps between glyphs: "3 3 g 5 3.2 4" is two steps of 3, five of 3.2
// and one of 4.
func deltas(text string) []float64 {
	const most = 1 << 16
	var out []float64
	fields := strings.Fields(text)
	for i := 0; i < len(fields) && len(out) < most; i++ {
		if fields[i] != "g" {
			out = append(out, float(fields[i]))
			continue
		}
		if i+2 >= len(fields) {
			break
		}
		for range min(number(fields[i+1], 0), most-len(out)) {
			out = append(out, float(fields[i+2]))
		}
		i += 2
	}
	return out
}
