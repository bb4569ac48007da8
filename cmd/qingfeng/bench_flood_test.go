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
}
