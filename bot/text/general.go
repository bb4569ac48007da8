package text

// What works at any step, and what is said to whoever comes by.
const (
	Welcome      = "%s您好，我是清风。岗位风险自查、审核提醒、政策问答都可以找我。"
	WelcomeTodo  = "您有一张自查表要填（%s前）。回“自查”开始，约8分钟。"
	WelcomeMode  = "如果看不到卡片（例如在微信里看），请回“文字版”。"
	Help         = "可以对我说：\n自查 —— 开始或继续填表\n进度 —— 看到哪一步了\n改第2条 / 返回 / 撤回\n预览 / 存草稿 / 提交\n转页面 —— 在网页上填\n文字版 / 卡片版\n找人 —— 防控办联系人\n也可以直接问政策，例如：什么是三重一大"
	HelpReviewer = "待办 —— 等您处理的事\n请张三代我审核（写上起止日期）\n回避 —— 这一件我不便审"
	HelpOffice   = "新建排查工作 —— 开始一次自查\n进度 —— 全单位进度\n定级 —— 领导小组定级"
	Stranger     = "您好，花名册里还没有您，我暂时帮不上忙。请联系%s登记；反映问题可拨打12388。"
	OfficeNobody = "本单位防控办"
	FindPeople   = "防控办：%s。也可以当面或打电话找他们，不方便打字的内容请当面说。"
	Media        = "我只看得懂文字。%s请打字说，或用手机键盘的语音输入转成文字再发。"
	MediaVoice   = "语音我听不了。"
	MediaImage   = "图片我看不了。"
	MediaFile    = "这里收不了文件，请回“转页面”，在页面上传。"
	Nothing      = "没有正在填的内容。回“帮助”看看能做什么。"
	Fallback     = "这句我没看明白。回“帮助”看看能做什么；政策问题可以直接问；要找人回“找人”。"
	Quit         = "好的，先到这里，填的都存着。回“继续”接着来。"
	ModeText     = "已换成文字版，选项回编号就行。回“卡片版”换回来。"
	ModeCard     = "已换成卡片版。看不到卡片就回“文字版”。"
	GoPage       = "在页面上填（和这里是同一份）：%s"
	NoPage       = "您现在没有要在页面上填的表。"
	NoUndo       = "已经是第一步了，退不回去了。"

	ProgressMine     = "%s：%s"
	ProgressPoints   = "，已写%d条"
	ProgressNext     = "，现在由%s处理"
	ProgressNobody   = "您没有要填的自查表。"
	ProgressReturned = "，请改第%s条"

	StoppedSecrecy = "这条我没有保存，但企业微信里还留着，请马上撤回或删除。涉密和内部标注的内容不能在这里说，请走单位的涉密渠道，或当面找保密员。"
	StoppedPII     = "这条我没有保存，但企业微信里还留着，请马上撤回或删除。请不要发身份证号、手机号、银行卡号、车牌号，去掉号码再说一遍就行。"
	StoppedPerson  = "这条我没有保存，但企业微信里还留着，请马上撤回或删除。这里不受理反映具体人的问题：可拨打12388，或当面向驻本单位纪检监察组反映，他们会保密。"
	StoppedOwn     = "这条我没有保存，但企业微信里还留着，建议您撤回。收到不便退还的礼品礼金，应当及时登记上交；可以主动向组织说明，越早越好。具体办理请当面找纪检监察组。"
	YouAreWelcome  = "不客气。有需要随时找我，回“帮助”看看能做什么。"
)

// Small parts of sentences.
const (
	DayMonth  = "%d月%d日"
	ListComma = "、"
	Semicolon = "；"
)

// The bar at the bottom of the chat.
const (
	MenuSelfCheck = "我的自查"
	MenuProgress  = "进度"
	MenuHelp      = "帮助"
)
