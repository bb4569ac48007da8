//go:build race

package ingest_test

// memory: the race detector maps more than any limit that means something.
const memory = 0
