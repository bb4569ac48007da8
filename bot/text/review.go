package text

// Sentences of the review: mutual check, first review, the leader's card,
// delegation and recusal. None of them ever carries a risk sentence.

// The decision card.
const (
	ReviewTitle       = "请审核：%s"    // the post
	ReviewTitleAgain  = "修改后请复核：%s" // the post, returned rows only
	ReviewTitleHead   = "请初审：%s"    // the post, for the section head
	ReviewFactRows    = "环节"        // which steps
	ReviewFactLevel   = "初评等级"
	ReviewFactChange  = "变化"
	ReviewFactQuality = "质检"
	ReviewFactBy      = "最迟"     // decide by
	ReviewFactWhy     = "说明"     // why this person
	ReviewRowsMore    = "%s等%d条" // first node, count
	ReviewZero        = "无风险点（已写说明）"
	ReviewLevelCount  = "%s%d"      // 一级1
	ReviewOnlyRows    = "只需看第%s条"   // rows reopened
	ReviewMustOpen    = "含一级，请先看原文" // fact on the card
	ReviewPass        = "同意"
	ReviewDetail      = "查看详情"
	ReviewRecuse      = "回避"
	ReviewOpenSheet   = "逐条初审"
	ReviewDueDay      = "1月2日"  // a time layout
	ReviewStandsIn    = "代%s审核" // the person it stands in for
	ReviewRecusedTo   = "前一位审核人回避，转由您看"
	ReviewHintsNone   = "无提示"
	ReviewHintsSome   = "%d条有提示"
	ReviewHintsBlock  = "%d条须先处理"
	ReviewLowered     = "%d条低于系统初评"
)

// Parts of the card.
const (
	ReviewReturn    = "退回"
	ReviewRowsCount = "%s（%d条）"
	ReviewNothing   = "无"
	ReviewNoNode    = "未对应环节"
	ReviewNew       = "新增%d条"
	ReviewKept      = "沿用%d条"
	ReviewKeptNew   = "沿用%d条，新增%d条"
	ReviewClock     = "1月2日15:04"
	ReviewRaced     = "刚才有人同时改了这份表，请再点一次。"
)

// What becomes of cards.
const (
	CardPassedBy    = "已由%s于%s同意。"
	CardReturnedBy  = "已由%s于%s退回。"
	CardRecused     = "%s已回避，已转下一位审核人。"
	CardTransferred = "已转由%s代为审核。"
	CardVoid        = "内容已更新，请以新的一张为准。"
	CardExpired     = "这张卡片已失效，请用新的一张。"
	CardBatchNew    = "有新的待批列表，请用新的一张。"
	CardBatchDone   = "这批已处理。"
	CardMutualDone  = "集中互查已登记。"
	CardGone        = "这件已不在您这里，回复“待办”看现在的待办。"
	CardProposal    = "这条补充已处理。"
)

// Answers to a decision.
const (
	ReviewPassed       = "已同意：%s。"
	ReviewPassedUnseen = "已同意：%s（未查看原文，已注明）。"
	ReviewOpenFirst    = "含一级风险点，请先点“查看详情”看过原文再同意。"
	ReviewFlagsFirst   = "这件有质检提示或等级偏低，请先点“查看详情”看过原文再同意。"
	ReviewHeadOnPage   = "初审要逐条给出可能性和危害程度，请点“逐条初审”办理。"
	ReviewAlready      = "这件已由%s于%s%s，您不用再办。"
	ReviewChanged      = "内容已更新（%s），这次没有生效。新的一张已发给您。"
	ReviewChangedPage  = "内容已更新（%s），这次没有保存，请刷新后再看。"
	ReviewOwn          = "自己的表不能由自己审核。"
	ReviewNotYours     = "这件不在您名下，不能办理。有疑问请找防控办。"
	ReviewNone         = "现在没有等您办的事。"
	ReviewNobody       = "%s的自查表没有可派的审核人（%s），请在名册里补上授权后回复“重新派件”。"
	ReviewNobodyDone   = "已重新派出%d件。"
	ReviewNobodyLeft   = "已重新派出%d件，还有%d件没有可派的人。"
)

// Verbs in 已由…处理.
const (
	DidPass     = "同意"
	DidReturn   = "退回"
	DidRecuse   = "回避"
	DidTransfer = "转出"
)

// Rows on the page.
const (
	RowNeedsFactors  = "第%d条还没给出可能性和危害程度（1至3）。"
	RowNeedsOverride = "第%d条有须处理的提示，通过请写明理由。"
	RowNeedsWhy      = "第%d条退回请选一个理由。"
	RowUnknown       = "第%d行不在这份表上，请刷新后再看。"
	RowLacks         = "第%d条%s，不能通过，请退回本人补上。"
	RowLackNode      = "还没有对应到环节"
	RowLackMeasure   = "还没有能考核的措施（要写佐证材料）"
	RowBadFactor     = "第%d条的可能性和危害程度只能是1、2、3。"
	RowBadVerdict    = "第%d条请选通过或退回。"
	RowsUndecided    = "已保存，还有第%s条没有看。"
	RowsReturned     = "已退回第%s条，其余保留通过。"
	RowsPassed       = "%s：%d条已通过，送下一步。"
	ZeroPassed       = "%s：无风险点说明已通过，送下一步。"
	ZeroReturned     = "已退回。"
	ZeroNeedsVerdict = "这份是无风险点说明，请选通过或退回。"
	ZeroNeedsWhy     = "退回请选一个理由。"
)

// Returning in chat.
const (
	ReturnAskWhy     = "退回%s：原因是？"
	ReturnAskRows    = "退回哪几条？（第%s条）"
	ReturnRowsHow    = "回行号，如“1、3”；都退回“全部”，不退了回“先不退”。"
	ReturnRowsSend   = "退回所选"
	RowNode          = "第%d条 %s"
	ReturnRowsBad    = "请回这些行号：%s，或回“全部”。"
	ReturnTitleWhole = "自查表被退回，请修改"
	ReturnDesc       = "其余各条已通过，不用重填"
	ReturnPage       = "去网页改"
	ReturnCancel0    = "先不办"
	ReturnCancel     = "先不退"
	ReturnCancelled  = "好的，没有退回。"
	ReturnWhyOther   = "也可直接写一句原因（本人会看到）。"
	ReturnWhyShort   = "请选一个原因，或写一句。"
	ReturnOwnerWord  = "第%d条：%s"
	ReturnOpen       = "去修改"
	ReturnTitle      = "自查表有%d条要改"
)

// Recusal.
const (
	RecuseTitle    = "登记回避"
	RecuseAsk      = "请选回避原因，这件会转给下一位审核人。"
	RecuseKin      = "涉及本人或亲属"
	RecuseTies     = "有其他利害关系"
	RecuseCancel   = "不回避"
	RecuseNot      = "好的，仍由您审核。"
	RecuseDone     = "已登记回避，转由%s审核。"
	RecuseNoOne    = "已登记回避，暂无其他审核人，已报防控办。"
	RecuseWhich    = "您手上有%d件，请在那一件的卡片上点“回避”。"
	RecuseByOffice = "已安排%s回避，转由%s审核。"
)

// The list of what waits.
const (
	TodoTitle = "等您办的有%d件"
)

// Batch.
const (
	BatchTitle     = "今日待批%d件，%d件无异常"
	BatchNoneClean = "今日待批%d件，都要先看原文"
	BatchClean     = "同意%d件无异常的"
	BatchEach      = "逐件看"
	BatchPage      = "打开列表页"
	BatchDone      = "已同意%d件（未查看原文，已注明）。"
	BatchSkipped   = "有%d件内容有更新或已处理，没有同意，请单独看。"
	BatchLeft      = "还有%d件请逐件看。"
	BatchRows      = "待初审%d件"
	BatchPeers     = "待互看%d件"
	BatchMore      = "还有%d件，回复“待批”接着看。"
	BatchReasonL1  = "一级%d件"
	BatchReasonLow = "等级偏低%d件"
	BatchReasonTwo = "退回两次%d件"
	BatchReasonQA  = "有提示%d件"
)

// Mutual check.
const (
	MutualReady       = "本股室可以集中互查了"
	MutualReadyDesc   = "%s · %d份已提交"
	MutualMissing     = "还差"
	MutualHandedIn    = "提交情况"
	MutualAll         = "都交齐了"
	MutualMissingSome = "%s等%d人"
	MutualOpen        = "打开互查页"
	MutualAssign      = "指定两人互看"
	MutualAssigned    = "已请同事互看，共%d份，每份%d人。看完会自动转初审。"
	MutualFewPeers    = "可互看的同事不够，请集中互查。"
	MutualNothing     = "本股室还没有人提交，暂不能互查。"
	MutualNotHead     = "集中互查由科室负责人召集。"
	MutualDone        = "互查已登记：%s，到会%d人，%d份转初审。"
	MutualNoDate      = "请填互查日期，不能晚于今天。"
	MutualNoPeople    = "请至少登记两位到会人。"
	MutualBadRow      = "有一行不在本股室待互查的表上，请刷新后再看。"
	MutualDecision    = "集中互查%d份，提出意见%d条，补充%d条。"
	MutualPeerTitle   = "请互看一份：%s"
	MutualPeerDesc    = "看原文请点“查看”，有漏的补一条"
	MutualPeerView    = "查看"
	MutualPeerNone    = "无补充"
	MutualPeerAdd     = "补充一条"
	MutualPeerThanks  = "谢谢，已记下。"
	MutualPeerLate    = "这份已转初审，谢谢。"
	MutualAskTitle    = "补充一条"
	MutualAskText     = "想补充的一条怎么写？写“可能怎么样”，不写人名。回“不补了”放弃。"
	MutualAskCancel   = "不补了"
	MutualAskShort    = "请写完整一句话，至少6个字。"
	MutualDropped     = "好的，不补了。"
	MutualNote        = "互查意见：%s"
)

// A proposed point, for the owner.
const (
	ProposalTitle    = "同事给您补充了一条风险点"
	ProposalTitleLed = "领导给您点了一条风险点"
	ProposalDesc     = "请先看原文，再决定采不采纳"
	ProposalView     = "看原文"
	ProposalTake     = "采纳"
	ProposalDecline  = "不采纳"
	ProposalDeclined = "好的，不采纳，已记录。"
	ProposalDone     = "这条已处理过了。"
	ProposalNotOwner = "只有本人能决定采不采纳。"
	ProposalTooLate  = "您的表已进入定级，这条请与防控办联系。"
	ProposalAskNode  = "这条放在哪一步？"
	ProposalNoNode   = "都不是"
	ProposalAskGap   = "请写这一步叫什么，几个字就行。"
	ProposalAskWord  = "这条怎么写？"
	ProposalHowWord  = "请先在页面看原文。回“用原文”直接采用；要改，就把改好的一句话发来。"
	ProposalPick     = "就这步"
	ProposalKeep     = "用原文"
	ProposalShort    = "请写完整一句话，至少6个字，或回“用原文”。"
	ProposalAdded    = "已加为第%d条，会随表一起审核。"
	ProposalMeasure  = "措施先记一条常用的：%s。"
	ProposalDraft    = "已加为第%d条，提交前还可以改。"
	PointSent        = "已转给该岗位确认。"
	PointShort       = "请写完整一句话，至少6个字。"
	PointNotAllowed  = "只有分管领导或主要领导可以点题。"
	PointTooLate     = "该表已进入定级，请在定级会上提出。"
	PointOwn         = "自己的表请直接修改。"
)

// Delegation.
const (
	DelegateSet      = "已记下：%s由%s代%s审核。"
	DelegateMoved    = "已转过去%d件，原卡片作废。"
	DelegateFuture   = "到时手上的待办会自动转过去。"
	DelegateEnded    = "代审已取消，新的件仍送本人；已转出的由代审人办完。"
	DelegateSpan     = "%s至%s"
	DelegateNoPerson = "没找到“%s”，请写名册上的姓名。"
	DelegateTwo      = "名册上有多位“%s”，请让防控办代为设置。"
	DelegateSelf     = "不能由本人代本人。"
	DelegatePast     = "日期已过，请写今天或以后的日期。"
	DelegateBad      = "没看懂日期。可这样说：11月5日至8日请李四代我审核。"
	DelegateLong     = "一次最多代60天，请分次设置。"
	DelegateNotYou   = "只有本人或防控办能设置代审。"
	DelegateChain    = "%s那几天也请了人代，请换一位。"
	DelegateTold     = "%s由您代%s审核，待办会转到您这里。"
)

// How a delegation is said; patterns over folded text (half-width punctuation).
const (
	DelegateWho      = `^(.{0,24}?)[,，\s]*(?:由|请|让)(\p{Han}{2,4})代(?:替|为)?(我|\p{Han}{2,4}?)?(?:审核|审批|审一下|审|批)[.。!！]?$`
	DelegateDays     = `^(今天|明天|后天|\d{1,2}月\d{1,2}[日号]?|\d{1,2}[日号])(?:起)?(?:[至到~\-—]+(今天|明天|后天|\d{1,2}月\d{1,2}[日号]?|\d{1,2}[日号]))?(?:期间)?$`
	DelegateNear     = "今天|明天|后天"
	DelegateDaySigns = "日号"
	DelegateMonth    = "月"
	DelegateMe       = "我"
)

// How a meeting's line is said.
const (
	MinutesDay        = `(\d{1,2})月(\d{1,2})[日号]`
	MinutesNear       = "今天|昨天|前天"
	MinutesChair      = `(?:由)?(\p{Han}{2,6}?)(?:同志)?主持`
	MinutesCame       = `(?:出席|参加|到会|参会)(?:人员|人)?[:：,，\s]*(.+)$`
	MinutesSeparators = "、,，;；和 .。"
	MinutesTitle      = "请补会议信息"
	MinutesHow        = "一句话就行，如：11月4日，王局长主持，出席：张三、李四。"
	MinutesDefault    = "没有不同可用默认：%s，%s主持，出席：%s。"
	MinutesUse        = "用默认"
	MinutesMissing    = "请写明会议日期（不晚于今天）和主持人，如：11月4日，王局长主持。"
	TeamAsk           = "%s：%s"
	TeamCancelled     = "好的，没有办理。"
	TeamDecision      = "%s：%s，共%d条，同意。"
)

// What reviewers and the office say.
const (
	WordsPass       = "同意|通过|可以|行|批准|没意见|好|ok"
	WordsReturn     = "退回|打回|不同意|退回去"
	WordsNoAddition = "无补充|没有补充|没补充|没有|无|没意见"
	WordsKin        = "亲属|亲戚|涉及亲属|家人|本人"
	WordsTodo       = "待办|待批|我的待办|待审|待审核|有什么要批|有什么要审|看待办|有待办吗"
	WordsReview     = "初审|审批|审核|看初审"
	WordsMutual     = "互查|集中互查|开始互查|股室互查|召集互查"
	WordsRecuse     = "回避|我要回避|申请回避|我回避"
	WordsUndelegate = "取消代审|结束代审|不用代审了|取消代我审核"
	WordsGrading    = "定级|开始定级|定级会|领导小组定级|审定"
	WordsAssign     = "重新派件|重派|重新派"
	WordsAllRows    = "全部|都退|全退|全部退回|都退回|所有"
	WordsNotNow     = "先不退|不退了|不退|算了|取消"
	WordsDefault    = "默认|用默认|按默认|就按默认|没有不同"
)
