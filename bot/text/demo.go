package text

// The story's narrator: what stands around the chats of `qingfeng demo --story`.
const (
	StoryHeading  = "━━ %s（%s）"
	StoryClock    = "1月2日 15:04"
	StorySays     = "%s ▷ %s"
	StoryPress    = "〔按：%s〕"
	StoryPages    = "https://清风"
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
