package text

import "strings"

// Policy questions in chat: what an answer looks like, and what may be said about it.
const (
	TalkUnderstood = "按「%s」理解："
	TalkAsOf       = "按%s时有效的规定："
	TalkDay        = "2006年1月2日" // a time layout
	TalkStands     = "——%s"
	TalkSource     = "《%s》%s%s" // title, version, path with a blank before it
	TalkMark       = "[%d] %s"
	TalkBeside     = "另见%s：%s"
	TalkBefore     = "%s%s：%s" // a lapsed source, when it lapsed, what it said
	TalkRevised    = "（旧文，%s起已修订，仅供对照）"
	TalkRepealed   = "（%s起已废止，仅供对照）"
	TalkClause     = "全文：\n%s"
	TalkLink       = "全文和上下文：%s"
	// SentenceEnds end a sentence.
	SentenceEnds = "。！!；;.\n"

	TalkPage       = "第%d页"
	TalkDiffer     = "下面两份现行文件的说法不一样，分别列出，以对本单位有约束力的为准；拿不准请教%s："
	TalkIssued     = "%d. %s（%s）：\n%s"
	TalkRelated    = "没有找到直接规定，下面几条可能相关："
	TalkNear       = "%d. %s：%s"
	TalkNearEnd    = "回“原文”看这几条的全文。"
	TalkNone       = "没有找到能回答这个问题的规定，不敢乱说。问题已记下，转给防控办补充；着急的话请教%s。"
	TalkNoted      = "这个问题我也记下转过去了。"
	TalkHint       = "（回“有用”“没用”告诉我答得怎样，回“原文”看全文，回“还有吗”看别的。）"
	TalkLooking    = "正在查，查到就告诉您。"
	TalkGone       = "这个问题没能答上来，抱歉。请再问一次，或请教%s。"
	TalkNoAnswer   = "您最近没有问过政策问题。直接打字问就行，例如：什么是三重一大。"
	TalkNoClause   = "上一个问题没有查到条款，没有原文可看。"
	TalkWithdrawn  = "《%s》的这一条已经收回，现在看不到了。"
	TalkOriginal   = "%s\n%s"
	TalkOriginalAt = "%s较长，请打开看：%s"

	TalkThanks    = "谢谢，记下了。"
	TalkWhy       = "哪里不合适？"
	TalkWhyBody   = "点一个原因，防控办据此改进；不想说可以不理。"
	TalkWhyOff    = "答非所问"
	TalkWhyOld    = "过时了"
	TalkWhyHard   = "看不懂"
	TalkWhyOther  = "其他"
	TalkWhyThanks = "谢谢，已转给防控办改进。想问得更准，可以换个说法再问。"
	TalkWhyHardOk = "谢谢，记下了。要找人讲一讲，请找%s。"
	TalkWhyWords  = "请用一句话说说哪里不合适（回“不说了”就跳过）。"
	TalkWhySkip   = "不说了"
)

// Questions nobody could answer, for the coordinating office.
const (
	OpenTitle      = "没答上的问题"
	OpenDigest     = "最近有%d个问题没答上，归成%d类。问得最多的："
	OpenLine       = "%d. %s（%d次）"
	OpenBegin      = "逐个处理"
	OpenUpload     = "补一份文件"
	OpenNewer      = "请看新的一期"
	OpenNone       = "没有待处理的问题。"
	OpenOnlyOffice = "没答上的问题由防控办处理，您不用管。"
	OpenOne        = "第%d个，共%d个"
	OpenAsked      = "问：%s（%d次）"
	OpenOthers     = "也有人这样问：%s"
	OpenReasons    = "答过，但有人说：%s"
	OpenNear       = "最接近的条款："
	OpenNoNear     = "没有接近的条款：可以补一份文件，或打字说出文件名、条号、关键词，我再找。"
	OpenHow        = "选一条作为答案；都不是，就打字说出文件名、条号或关键词，我再找。"
	OpenUse        = "用第%d条"
	OpenDrop       = "不用管"
	OpenLater      = "先放着"
	OpenUsed       = "定了：以后这样问，就用%s回答。"
	OpenDropped    = "好，不再列出。"
	OpenEnd        = "这一期看完了。随时回“没答上的问题”再看。"
	OpenNotFound   = "没有找到这样的条款，请换个说法，或先补一份文件。"
	OpenTooLong    = "这个问题太长，记不成固定的问法。可以补一份文件，或选“不用管”。"
	OpenGone       = "这一条已经收回或看不到了，请另选一条。"
	OpenAnswered   = "您之前有个问题没查到（大意是「%s」），防控办已经指定了依据，再问一次就能看到。"
)

// What people say about an answer.
const (
	WordsUseful    = "有用|很有用|有帮助|很有帮助|有用谢谢|有用,谢谢|谢谢有用|谢谢,有用|谢谢,很有用|解决了|答得好|点赞|赞|答对了"
	WordsUseless   = "没用|没有用|没啥用|没帮助|没有帮助|不管用|答得不对|答的不对|答错了|不是我问的|没答到点上|文不对题|答非所问"
	WordsUsefulTo  = "👍|👍🏻|👍🏼|👍🏽|👍🏾|👍🏿|👏|💯|[强]|[赞]"
	WordsUselessTo = "👎|👎🏻|👎🏼|👎🏽|👎🏾|👎🏿|[弱]|不对|不是|错了|不准|看不懂|没看懂|过时了|这是旧的|是旧的"
	WordsOriginal  = "原文|看原文|全文|看全文|条文|看条文|条款原文|条款全文|原文是什么|原文呢|原文在哪|给我看原文|我要看原文|看一下原文|完整条款|出处|依据原文"
	WordsMore      = "还有吗|还有没有|还有么|还有呢|还有别的吗|还有别的规定吗|还有其他吗|还有其他规定吗|还有其它吗|还有相关的吗|别的规定|其他规定|更多|更多规定"
	WordsOpen      = "没答上的问题|未答问题|没答上的|待补问题|未答上的问题"
	WordsNotSay    = "不说了|算了|没有|没了|跳过|不用了|不想说"
	// WordsFollow begins a question that goes on about the one before: 那副科级呢.
	WordsFollow = "那|那么|如果是|换成|换作|要是"
	// WordsRules ends a question that names the day or the text alone: 2015年的规定.
	WordsRules = "规定|条款|版本|标准|要求|办法|制度|政策|原文"
	// WordsWhen is what makes one of WordsRules a question.
	WordsWhen = "当时|那时|年的|年版|年修订|修订前|修改前|废止前|以前的|原来的|旧的|老的|现行"
	// WordsAccuse are what somebody wants to do who goes to the discipline inspectors.
	WordsAccuse = "举报|投诉|检举|控告|揭发|告发|告状|信访|反映问题|反映情况|反映领导|反映同事|反映他|反映她|反映我们"
	// WordsIWant stand before them when it is the speaker who wants to.
	WordsIWant = "我要|我想|我要去|我想去|我们要|我们想|想要|想|我来|我打算|打算|准备|我该去哪|我该去哪里|我该怎么|我该向谁|我怎么|我如何|我能不能|我可以|我能|怎么匿名|如何匿名|匿名|实名|可以匿名|能不能匿名|去哪|去哪里|到哪里|在哪|在哪里|哪里可以|哪里能|哪儿能|向谁|找谁|跟谁|怎么去|怎样去|如何去|帮我|我要匿名|我想匿名|我要实名|我想实名|我可以在这里|在这里|可以在这里|能在这里|能不能在这里|跟你|向你|给你"
	// WordsAccuseOf make of them a matter of procedure: 举报人保护.
	WordsAccuseOf = "人|件|信|线索|材料的|制度|奖励|保护|处理|办理|受理|登记|工作|率|数量|渠道"
)

// Accusing reports whether somebody wants to report a person or a matter themselves:
// 我要举报, 匿名举报去哪里. Who handles such reports (收到举报怎么处理) does not.
func Accusing(said string) bool {
	for w := range strings.SplitSeq(WordsAccuse, "|") {
		before, after, found := strings.Cut(said, w)
		if !found || Starts(WordsAccuseOf, after) {
			continue
		}
		if Ends(WordsIWant, before) {
			return true
		}
	}
	return false
}
