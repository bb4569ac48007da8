// Package seal closes texts that only a few may read: what a talk is about, and what
// was answered. It is the only place that holds QINGFENG_SEAL_KEY.
//
// It stands apart from the stores so that no query, log line, dump or backup can reach
// the key: bot/pg is given bytes that are closed already, and whoever has the database
// without the key has nothing. Nothing here prints, stores or returns a key.
//
// The value of QINGFENG_SEAL_KEY is one or more secrets (at least 32 characters each,
// separated by spaces, commas or line ends). The first closes; the others still open,
// which is how a key is changed. An AES-256-GCM key and a short public name are derived
// from each secret with HKDF-SHA256. A text is filled up to a multiple of 512 bytes (0x80,
// then zeros): some are one of a few codes, and their length would tell which. Closed it is
//
//	format (1 byte) | nonce (12 bytes, random for each text) | ciphertext and tag
//
// and bound to what it belongs to (notice, field, version): moved elsewhere, it does
// not open.
package seal
