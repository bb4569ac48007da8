package text

// What works at any step, and what is said to whoever comes by.
const (
	Welcome      = "%s您好，我是清风。岗位风险自查、审核提醒、政策问答都可以找我。"
	WelcomeTodo  = "您有一张自查表要填（%s前）。回“自查”就开始，约8分钟。"
	WelcomeBegun = "您的自查表填了%d条（%s前交），回“继续”接着填。"
	WelcomeBack  = "您的自查表有%d条要改（%s前交），回“自查”接着改。"
	WelcomeMode  = "如果看不到卡片（例如在微信里看），请回“文字版”。"
	Help         = "可以对我说：\n自查 —— 开始或继续填表\n进度 —— 现在谁在看\n改第2条 / 返回 / 撤回\n预览 / 存草稿 / 提交\n上传 —— 读入去年的表\n转页面 —— 在网页上填\n文字版 / 卡片版\n我要办的 / 已完成 / 申请延期\n找人 —— 防控办联系人\n也可以直接问政策，例如：什么是三重一大"
	HelpReviewer = "待办 —— 等您处理的事\n请张三代我审核（写上起止日期）\n回避 —— 这一件我不便审"
	HelpOffice   = "新建排查工作 / 结束排查工作 / 定级\n今日提示 / 进度图 / 看名单\n催一下某股室 / 指定代办"
	Stranger     = "您好，花名册里还没有您，我暂时帮不上忙。请联系防控办（%s）登记；反映问题可拨打12388。"
	OfficeNobody = "本单位防控办"
	FindPeople   = "防控办：%s。不方便打字的，请打电话或当面说。"
	Media        = "%s请打字说，或用手机键盘的语音输入转成文字再发。"
	MediaOther   = "我只看得懂文字。"
	MediaVoice   = "语音我听不了。"
	MediaImage   = "图片我看不了。"
	MediaFile    = "这里收不了文件，请回“转页面”，在页面上传。"
	Nothing      = "现在没有正在填的内容。回“帮助”看看能做什么。"
	NotFilling   = "这句还没有存。要写进自查表，请先回“自查”，我一步一步问您。"
	Fallback     = "这句我没看明白。回“帮助”看看能做什么；政策问题可以直接问；要找人回“找人”。"
	Quit         = "好的，先到这里，填的都存着。回“继续”接着来。"
	QuitRow      = "好，先不改了。"
	QuitOther    = "好的，先到这里。"
	ModeText     = "已换成文字版，选项回编号就行。回“卡片版”换回来。"
	ModeCard     = "已换成卡片版。看不到卡片就回“文字版”。"
	GoPage       = "在页面上填（和这里是同一份）：%s"
	NoPage       = "您现在没有要在页面上填的表。"
	NoUndo       = "已经是第一步了。要停下就回“退出”，填的都存着。"

	ProgressMine     = "%s：%s"
	ProgressPoints   = "，已写%d条"
	ProgressNext     = "，现在由%s处理，%s前办完"
	ProgressSoon     = "，之后先送%s"
	ProgressHeld     = "，由%s召集"
	ProgressHeldYou  = "，由您召集，回“互查”"
	ProgressDue      = "，%s前交"
	ProgressClosed   = "，工作已结束"
	ProgressOffice   = "您自己的表——"
	ProgressNobody   = "您没有要填的自查表。"
	ProgressReturned = "，请改第%s条"

	StoppedSecrecy = "这条我没有保存，但企业微信里还留着，请马上撤回或删除。涉密和内部标注的内容不能在这里说，请走单位的涉密渠道，或当面找保密员。"
	StoppedPII     = "这条我没有保存，但企业微信里还留着，请马上撤回或删除。请不要发身份证号、手机号、银行卡号、车牌号，去掉号码再说一遍就行。"
	StoppedPerson  = "这条我没有保存，但企业微信里还留着，请马上撤回或删除。这里不受理反映具体人的问题：可拨打12388，或当面向驻本单位纪检监察组反映，他们会保密。"
	StoppedOwn     = "这条我没有保存，但企业微信里还留着，建议您撤回。收到不便退还的礼品礼金，应当及时登记上交；可以主动向组织说明，越早越好。具体办理请当面找纪检监察组。"
	Complain       = "这里不受理投诉举报，请不要写在这里。可拨打12388，或当面向驻本单位纪检监察组反映，他们会保密。"
	YouAreWelcome  = "不客气。有需要随时找我，回“帮助”看看能做什么。"
)

// Small parts of sentences.
const (
	DayMonth  = "%d月%d日"
	ListComma = "、"
	Semicolon = "；"
	Comma     = "，"
	FullStop  = "。"
	Colon     = "："
)

// The bar at the bottom of the chat.
const (
	MenuSelfCheck = "我的自查"
	MenuProgress  = "进度"
	MenuHelp      = "帮助"
)
