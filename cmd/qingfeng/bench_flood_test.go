//go:build bench

package main

import (
	"fmt"
	"testing"
	"time"
)

// TestBenchFlood: 10,000 posts against the citizens' listener while twenty honest people
// write. What 10,000 would have paid is what those that paid did, at the price of each.
func TestBenchFlood(t *testing.T) {
	address, db := besieged(t)
	f := flood(t, address, db, 10_000, 20, time.Minute)
	fmt.Println(f)
	speed := float64(f.hashes) / f.took.Seconds()
	fmt.Printf("at its last price 10,000 posts cost %.1e sums, %.1f hours of one such process at %.1e a second\n",
		10_000*float64(f.lastPrice)/2, 10_000*float64(f.lastPrice)/2/speed/3600, speed)
}
