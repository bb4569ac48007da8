// Package llm asks an OpenAI-compatible endpoint for answers (Chat) and embeddings
// (Embedder). Nothing in it decides what may leave the unit: that is knowledge.Switches.
//
// The endpoint is not trusted. Whatever it does — hangs, floods, redirects, lies about
// counts and dimensions — becomes one *Error with a Code; its own words, its address
// and the key are in no error and no log line. One call has one time limit, retries
// included, and they are made only where asking twice is harmless: before any part of
// an answer was handed on. After two failed calls in a row the endpoint rests (Resting,
// at once, without asking) for half a minute, then for twice as long up to five
// minutes; one call at a time finds out whether it is well again.
package llm
