// Package letter seals what citizens write, so that only whoever it is addressed to can
// read it, and gives them a receipt that opens the answer and nothing else.
//
//   - Keyring (ring.go): the private keys of one door (防控办, 纪检监察), age X25519. Stored
//     only locked under one passphrase, or under every pair of several people's
//     passphrases, so that any two of them open it and nobody alone (two-person custody);
//     and as a spare, closed to the printed recovery key. A pair's passphrases go into one
//     derivation together (passphrase.go).
//   - Seal and Open (seal.go): a text is filled up to one size and encrypted with age to all
//     recipients of a door: its keyring and its printed recovery key.
//   - Receipt (receipt.go): a selector of 40 bits, which is stored, and a secret of 75,
//     which is not. From the secret and a salt argon2id makes the key to which answers are
//     encrypted.
//   - Outer (outer.go): the key of one instance, in a file of its own, under which arrivals
//     wait for the night; destroyed after it.
//   - Ticket (ticket.go): an open keyring for a quarter of an hour, in two halves: the
//     browser holds one, the database the other.
//
// All cryptography is filippo.io/age, golang.org/x/crypto and the standard library; nothing
// here invents any. Nothing here stores, prints or logs a key.
package letter
