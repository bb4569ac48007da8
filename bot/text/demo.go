package text

// The story's narrator: what stands around the chats of `qingfeng demo --story`.
const (
	StoryHeading  = "━━ %s（%s）"
	StoryClock    = "1月2日 15:04"
	StorySays     = "%s ▷ %s"
	StoryPress    = "〔按：%s〕"
	StoryPages    = "https://清风"
	StoryPublic   = "https://公示"
	StoryCardEnds = "〔卡片“%s”变成：%s〕"
	StoryPhone    = "%s 的手机："
	StoryFilled   = "%s（%s·%s）填完：%d条，发%d次，用时%s"
	StoryMissing  = "%s的手机上没有“%s”，只有：\n%s"
	StoryUnwanted = "%s的手机上不该有“%s”，却有：\n%s"
	StoryOnPage   = "%s 在页面上：%s"
	StoryState    = "%s的表应在“%s”，却在“%s”"
	StoryRows     = "%s的表应有%d条，却有%d条"
	StoryNumbers  = "\n━━ 这次排查的数字\n  应填%d份，已定级%d份，无风险点%d份，线下%d份；风险点%d条：%s\n  每条用的轮数（中位数）%.1f，每份用时（中位数）%s，每条用时（中位数）%s\n  手机上共收发%d条消息，回调%d次\n"
	StoryLevels   = "一级%d、二级%d、三级%d"
	StoryEnd      = "\n全部%d处预期成立，用时%s。\n"
	StoryBroken   = "\n%d处预期成立，%d处不成立：\n"
	StoryNoDB     = "故事要在私有数据库里演：请去掉 QINGFENG_DATABASE_URL 再试，或给这个账号建库的权限（%w）"
	StoryInv      = "查验"
)

// More of the narrator.
const (
	StoryLooks   = "看了原文"
	StoryUploads = "上传去年的附表1（docx，%d条）"
	StoryPaper   = "把纸质表录入"
	StoryTwice   = "〔两部手机同时按：%s〕"
	StoryVoice   = "〔语音〕"
	StoryImage   = "〔图片〕"
	StoryPaste   = "〔粘贴了%d个字〕"
	StoryVisitor = "名册外的人"
	StoryOld     = "〔旧卡片“%s”上按：%s〕"
	StoryExports = "导出%s：%d行，合计与各行一致"
	StoryForm4   = "导出%s：%d行"
	StoryAudit   = "审计链%d条，完整"
	StoryClean   = "模拟企业微信没有记下违规、超限或丢弃的消息"
	StoryOpens   = "%s 打开页面 %s"
	StoryVotes   = "%d人领票、投票"
	StoryPrivate = "发出的%d条消息里，没有一条把风险表述发给作者以外的人"
)

// The demo and the chat in a terminal.
const (
	DemoCadre  = "林小雅"
	DemoOffice = "周敏"
	DemoHead   = "魏国栋"
	DemoLeader = "何清源"
	ChatNobody = "没有 %s 这个人，请用企业微信账号，例如 linxiaoya、zhoumin、gaoyuanhang（全部见手机模拟器）"
	ChatOpened = "（打开页面：%s）"
	ChatCard   = "〔有一张卡片变成：%s〕"
)

// What the narrator says of notices and citizens.
const (
	StoryQuestion = "："
	StoryScans    = "%s 扫海报上的码，打开公示页（不登录）"
	StoryTells    = "〔%s〕%s"
	StoryReads    = "%s 的页面：%s"
	StoryReceipt  = "〔回执码，只显示这一次，抄下来了〕"
	StoryLooksUp  = "〔输入回执码，查答复〕"
	StoryAdds     = "〔再补一句〕%s"
	StoryWaits    = "等着过夜、谁也打不开的：%d封"
	StoryDay      = "2006年1月2日"
	StoryPurged   = "到了%s：%d处原话和答复已删除，件数（共%d件）还在"
	StoryShell    = "机房 $ qingfeng keys %s"
	StoryCase     = "%s 办“…%s…”这条：%s"
	StoryOnce     = "〔打印密钥：已打印，装进信封〕"
	StoryFile     = "%s 下载：%s（%d字节）"
	StoryPhoto    = "%s 上传照片：%s"
	StorySecret   = "群众写的%d句话、回执和网络地址，在全部数据表、发出的消息和日志里一处也找不到"
	StoryDays     = "有关意见的%d条审计记录只有日期，没有钟点"
)

// What the demo's notice says, what two citizens said of it, and how the greeting tells.
const (
	DemoPhone      = "0834-6520101"
	DemoAddress    = "交通大楼三楼302室"
	DemoBox        = "一楼服务大厅东侧"
	DemoDiscipline = "驻局纪检监察组（交通大楼501室）"
	DemoSays1      = "叫号有时跳号，能不能把叫号记录每天在窗口公布"
	DemoSays2      = "窗口的人很耐心，老人不会填表也帮着写"
	DemoCitizens   = "\n公示和群众意见：\n  公示页       %s（不用登录，用手机宽度看更像）\n  查答复       %s\n  意见箱       %s（选“%s”登录，口令：%s）\n  封存信箱     %s（选“%s”登录，口令：%s；第二位%s的口令：%s）\n\n  7. 打开公示页，点一条说两句，交了抄下回执码；写“窗口的人收了我两条烟”试试会怎样\n  8. 真用时夜里统一入库；演示里每分钟一次，等一两分钟，再到意见箱输口令打开、答复\n  9. 拿回执码查答复，再补一句\n  口令和打印密钥只为演示，写在这里谁都知道；真用时由保管人自己设，从不保存。"
	DemoStop       = "按 Ctrl+C 停止，数据会保留。"
)

// StoryMove is what the desk does, as the narrator says it.
func StoryMove(do string) string {
	return map[string]string{"assign": "转科室：", "merge": "并入另一条", "away": "转纪检组", "decline": "告诉去哪里办", "answer": "答复", "link": "关联修订"}[do]
}
