package text

import "fmt"

// The two doors: what a citizen is told when words do not belong to the office. Whoever
// reads it may be afraid, so that it blames nobody and begins with what did not happen.
const (
	doorReportLead  = "您写的还没有交给任何人，也没有保存。"
	doorPerson      = "这段话提到了具体的人做过的事（“%s”），更像是检举控告。这里收的意见由防控办来看，而防控办可能正是被反映的一方，所以不从这里收。"
	doorNamed       = "这段话提到了具体的人（“%s”）。写到谁，谁就可能看到，所以不从这里收。如果只想说事情，把姓名换成岗位就可以。"
	doorAccuse      = "这段话（“%s”）说的像是有人收好处、办私事一类的事。这样的话应当由纪检监察机关来听，不该让防控办先看到。"
	doorSays        = "您说要检举控告（“%s”）。请走下面的正式渠道，那里有为您保密的规定。"
	doorOwn         = "这段话像是您自己的事。请向所在单位的组织或者纪检监察机构当面说明，主动说明是受鼓励的。"
	doorPII         = "这段话里有电话号码、身份证号、银行卡号或者车牌号。有了它们就能找到人，为了您和别人的安全，请去掉再交。"
	doorSecrecy     = "这段话里有密级标志或者涉密文件的编号，不能在网上写。请去掉再交，也不要拍照。"
	doorStoppedLead = "先别急，改一处就可以交。"
	doorReword      = "如果我们看错了，您说的只是办事流程、写法或者服务，请换个说法：不写谁做过什么，写哪一步容易出问题、应该怎么改。"
	doorLeave       = "电话、身份证号这些可以在正式渠道里留，不要写在这里。"
)

// DoorWhy is the reason of a risk.DoorCheck in kind words; found is the phrase that made it
// so, "" for what is not repeated.
func DoorWhy(reason, found string) string {
	switch reason {
	case "person":
		return fmt.Sprintf(doorPerson, found)
	case "named":
		return fmt.Sprintf(doorNamed, found)
	case "accuse":
		return fmt.Sprintf(doorAccuse, found)
	case "says":
		return fmt.Sprintf(doorSays, found)
	case "own":
		return doorOwn
	case "pii":
		return doorPII
	case "secrecy":
		return doorSecrecy
	default:
		return ""
	}
}

// DoorLead begins the page of a kind of risk.DoorCheck, DoorEnd ends it; "" for an opinion.
func DoorLead(kind string) string {
	switch kind {
	case "report":
		return doorReportLead
	case "stopped":
		return doorStoppedLead
	default:
		return ""
	}
}

// DoorEnd says how an opinion would be put, to whoever was misunderstood; pii: a number
// stands in what is taken for a report.
func DoorEnd(kind string, pii bool) string {
	switch {
	case kind != "report":
		return ""
	case pii:
		return doorLeave + doorReword
	default:
		return doorReword
	}
}
