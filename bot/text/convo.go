package text

// What the conversation engine says by itself (bot/convo).
const (
	ConvoExpectOption = "请回复选项前的数字，或直接点选项。"
	ConvoExpectMany   = "请回复选项前的数字，可以选几个，如“1、3”。"
	ConvoExpectEach   = "请按顺序回复每一项的数字，如“1、2”。"
	ConvoExpectWords  = "这句我没看明白，请照上面的问题回答。"
	ConvoOneOption    = "没有第%d个选项，这里只有一个：请回复1，或直接说。"
	ConvoOutOfRange   = "没有第%d个选项，请回复1到%d之间的数字。"
	ConvoOnlyOne      = "这里只能选一个，请回复一个数字。"
	ConvoMissOffer    = "还是没看明白，抱歉。可以回“转页面”到网页上填，回“找人”问防控办，或回“存草稿”改天再来。"
	ConvoEarly        = "「%s」是在下面这个问题之前发来的，没有当作它的答案。请再答一次："
	ConvoFlowGone     = "刚才那件事的填法变了，已填的内容都还在。回“继续”接着来。"
	ConvoFlowChanged  = "填表的步骤有更新，已填的内容都还在，请从这里接着答："

	ConvoChosen      = "已选：%s"
	ConvoChosenMany  = "已选%d项"
	ConvoAnswered    = "已回答"
	ConvoNewer       = "请看新的一张"
	ConvoPassed      = "已过"
	ConvoCardChosen  = "这张卡片您处理过了（%s），不会重复办。"
	ConvoCardPast    = "这个问题已经过了（%s），这次点选没有作数。"
	ConvoCardBecame  = "这张卡片已经失效：%s。"
	ConvoCardUnknown = "这张卡片我找不到了，没有作数。回“帮助”看看能做什么。"
	ConvoCardNothing = "请在卡片上选好再提交。"

	ConvoUnknown = "这句我没看明白。回“帮助”看看能做什么，回“找人”联系防控办。"
	ConvoMedia   = "我只看得懂文字，请打字告诉我。"
	ConvoStopped = "这条我没有保存，但企业微信里还留着，请马上撤回或删除。"
	ConvoApology = "抱歉，刚才有一条消息我没能处理，已经记下来交给管理员。请再试一次，或回“找人”联系防控办。"
	ConvoNoMenu  = "这个入口暂时用不了。回“帮助”看看能做什么。"
)

// How people say which ones they mean: "选第1、3条", "2号", "都选".
const (
	WordsBeforeNumber = "我要选|我选择|我选|就选|选择|选|回复|答|要"
	WordsNumberJoin   = "和|及|与|跟|加|还有"
	WordsNumberUnit   = "条|个|项|号|张|种|题|行|点|步"
	WordsNumberTail   = "吧|啊|呀|呢|的|了|哦|哈|嘛"
	WordsNumberTo     = "到|至"
	WordsOrdinal      = "第"
	WordsEvery        = "全选|全部|都选|都是|全都选|全部都选|都要|全要|所有"
	WordsDigits       = "零一二三四五六七八九" // index = value
	WordsTen          = "十"
	WordsTwo          = "两"
	WordsAfterLabel   = "吧|啊|呀|呢|的|了|哦|哈|嘛|啦|就行|就好|谢谢"
	WordsQuotes       = "「」『』“”‘’\"'《》【】"
)
