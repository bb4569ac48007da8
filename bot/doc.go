// Package bot holds the words every room of the house shares: who speaks
// (UserID, Actor), what came in (Message), what goes out (Reply, Card), which day
// it is (Zone, Civil), and an error that keeps what the operator reads apart from
// what the user reads.
//
// It imports the standard library only. It knows nothing of WeCom, SQL or HTTP:
// bot/wecom turns a Message into existence and a Reply into bytes, bot/convo
// decides what is said, bot/pg remembers it.
package bot
