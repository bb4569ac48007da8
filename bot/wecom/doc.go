// Package wecom is the transport: what WeCom (企业微信) says to us and what we say
// to it. Facts and citations are in reference/WECOM.md.
//
//	in:  POST /wecom/callback → Callback: cap, scan, signature, decrypt, receiver,
//	     inner XML → bot.Message → Accept (stored) → empty 200
//	out: bot.Reply → Renderer → bytes (kept in the outbox) → Client.Send → Receipt
//	     or a *bot.SendError that says what is known of the attempt
//
// What goes to many (bot.Push) is rendered once for up to 1,000 receivers (push.go) and
// sent by jobs.
//
// Client speaks to the API. What silenceper/wechat covers (address book, OAuth
// identity, media) goes through it, behind a bridge that gives it a context, a
// timeout, a base URL and our token (sdk.go); the rest is called directly. No error
// and no log line holds a URL, a token or a secret: errors are built from the name
// of the call and a code, never from the text of an underlying error.
//
// Cards are made of types that only clipping constructors produce, so no card
// exceeds WeCom's limits; what does not fit is sent as text before the card, so
// nothing a person should read is lost.
package wecom
