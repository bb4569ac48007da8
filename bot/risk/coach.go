package risk

// Hint is one finding of the lint or the three tests.
type Hint struct {
	Rule    string `json:"rule"`              // L1…L13, T1…T3
	Say     string `json:"say"`               // one line for the cadre, from the pack
	Rewrite string `json:"rewrite,omitempty"` // a rewrite in the person's own words
	Gap     bool   `json:"gap,omitempty"`     // the rewrite is a frame: its …… must still be filled in
	Weight  int    `json:"weight"`            // larger is worse; the worst alone is shown
	Blocks  bool   `json:"blocks,omitempty"`  // blocks section review unless overridden with a reason
}
