// Package convotest writes chats as tests, on a real database:
//
//	c := convotest.New(t, router)
//	zhang := c.As("zhangsan")
//	zhang.Send("自查").ExpectCard("请选类别").Press("同意").Expect("已记下")
//	c.Advance(48 * time.Hour)
//	zhang.ExpectNothing()
//
// The real Runner and Sender work on every step before it returns; only the renderer
// is plain and the transport is a phone in memory, which checks for duplicates as
// WeCom does. The clock stands still until Advance moves it, timer by timer.
package convotest
