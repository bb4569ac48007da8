package text

// The story's narrator: what stands around the chats of `qingfeng demo --story`.
const (
	StoryHeading  = "━━ %s（%s）"
	StoryClock    = "1月2日 15:04"
	StorySays     = "%s ▷ %s"
	StoryPress    = "〔按：%s〕"
	StoryPages    = "https://清风"
	StoryCardEnds = "〔卡片“%s”变为：%s〕"
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
