package text

import "strings"

// What people say: every phrasing of a command, separated by bars.
const (
	WordsHelp       = "帮助|帮忙|help|?|怎么用|菜单|你能做什么|使用说明"
	WordsStart      = "开始|开始填|开始吧|搞起|走起|来嘛|来吧|开搞|开始填表|可以开始了"
	WordsContinue   = "自查|开始自查|填表|我要填表|我要自查|岗位自查|风险点自查|个人自查|开始填表|继续|接着填|继续填|接着来|继续自查|接着上次填"
	WordsBack       = "返回|上一步|后退|退回上一步|回上一步"
	WordsTakeBack   = "撤回|撤销|收回|我要撤回"
	WordsPreview    = "预览|看看|看一下|看全表|全部看看|看看我写的|我写了啥|我写了什么|看看写了啥|查看|再给我看看|给我看看|我看看|看一看"
	WordsSave       = "存草稿|保存|先存着|暂存|存一下"
	WordsProgress   = "进度|到哪了|到哪一步了|审到哪了|我的进度|状态|什么时候截止|几号截止|哪天截止|截止时间|什么时候交|哪天交|谁在审|谁审|审完没|审完了吗|审完了没|好了没|通过了吗|过了没|过了吗|还要多久|还有多少|还剩多少|到谁那了|在谁那里|批下来了吗|什么时候批下来|批了没|批下来没|批下来了没|审下来没|审了没|在谁那|啥时候能批下来|进展|进展怎么样|进展如何|进度怎么样|进度如何|交了多少|交了多少了|还剩多少没交|还有多少没交"
	WordsQuit       = "退出|不填了|先不填|结束|稍后|稍后再填|改天再填|明天再填|先这样|明天再说|先不弄了|等会儿|等会儿再填|一会儿再填|待会儿再填|回头再填|改天|先放着|我先忙"
	WordsPage       = "转页面|网页填|打开页面|在网页上填|页面|我的自查"
	WordsPeople     = "找人|人工|转人工|联系人|联系防控办|找防控办"
	WordsTextMode   = "文字版|看不到卡片|换文字版|文字模式"
	WordsCardMode   = "卡片版|换卡片版|卡片模式"
	WordsSubmit     = "提交|交表|我要提交|提交吧|交|交了|交吧|交了吧|可以交了|我要交|我要交表|提交了|直接提交|提交表|报上去|上报|报了吧"
	WordsUpload     = "上传|传旧表|上传去年的表|有去年的表|去年的表|上传旧表|传去年的表|上传附表1"
	WordsHello      = "你好|您好|在吗|早上好|下午好|hi|hello|在不在|你是谁|你是哪个|你是机器人吗|你是人吗"
	WordsCheckTopic = "自查|填表|填报|那个表|这个表"
	WordsHowBegin   = "咋弄|咋填|咋整|咋搞|怎么弄|怎么搞|怎么整|怎么开始|从哪开始|在哪填|哪里填|要填|来填|想填"
	WordsThanks     = "谢谢|谢谢你|谢谢您|多谢|好的|好|嗯|收到|知道了|ok"
	WordsExample    = "举例|举个例子|例子|没头绪|不知道怎么写|不会写|参考一下|给个例子|看看例子|不知道|不晓得|不清楚|想不出来|想不到|想不起来|没想法|随便|随便写|你看着办|你定|你帮我写|都行|不懂|啥意思|什么意思|看不懂|不明白|没懂|没看懂|没思路|不好说|咋写|怎么写|咋弄|写啥|写什么"
	WordsNone       = "没有|没有了|没了|无|就这些|就这样|没别的了|没有别的|不用了|不补充|暂时没有|没有其他|冇|木有|没得|没啥|没什么|莫得|莫得了|冇得|没啦|完了|写完了|填完了|没有咯|就这么多|就这么些|差不多了|没其他的|没有其他了|没别的|没啥了|木得|木有了|不写了|没有啦|没咯"
	WordsYes        = "对|是|好|好的|可以|行|嗯|嗯嗯|没错|是的|对的|没问题|ok|要得|中|成|得行|确认|对头|是嘞|👌|👍|得嘞|好嘞|好滴|好哒|嗯呐|可|没毛病|对滴|就是|就这样|得|妥|行行|好好|对对|对对对|是是|没意见|可以可以|中嘞|要得嘛|ok的|okay|yes|y|好咧|是滴|对的呀|可以的"
	WordsNo         = "不对|不是|不|错了|有误|不准|不正确|不对头"
	WordsWrongPost  = "换岗了|调岗了|我换岗了|岗位变了|岗位不对|科室不对|不是这个岗|调走了"
	WordsOther      = "换一步|换一个|换|别的|其他|下一个|跳过|换一下|不是这个|再看看别的|换个|下一步|看下一步|这步不归我管|这步不归我|不归我管|这个不归我"
	WordsZero       = "没有风险|没有风险点|无风险|无风险点|我没有风险点|我这岗位没有风险|零报告|没风险|我没风险"
	WordsObject     = "对初评有意见|有意见|等级不对|定高了|定低了|等级高了|等级低了|不同意|太高了|太低了|评高了|评低了"
	WordsLevelTalk  = "定高|定低|等级|初评|评高|评低|太高|太低"
	WordsReason     = "因为|理由是|理由|保留，|保留,|保留"
	WordsNever      = "算了|不说了|不用了|没有|没有了|没了|取消|不提了|没意见"
	WordsCampaign   = "新建排查工作|新建自查|开始排查工作|新建排查|发起自查|开展排查"
	WordsMisuse     = "改用途|可能用来|用途不对"
	WordsSame       = "没变|沿用|没有变化|没变化|没有|一样|不变|跟去年一样|照旧|没得变化|和去年一样|还是那样|没啥变化|没啥变|老样子|没什么变化|还那样|不用改"
	WordsChange     = "改|改一改|改一下|有变化|变了|要改|有|有一点变化"
	WordsDrop       = "不要|不要了|删掉|删了|不适用|不适用了|没这事了|不管这个了|取消了|这个没了|没这个了|早没了|不干这个了|不归我管了"
	WordsMoreRow    = "再来一条|还有|再写一条|还有一条|加一条|继续写|有"
	WordsSlots      = "频次|责任人|佐证|未落实|并把|把|改|换"
	ListSeparators  = "、，,；; "
	WordsOldKeep    = "沿用|保留|留着|留|要|不变|不改|可以|行|没变化|没变"
	WordsOldEdit    = "改一改|改一下|修改|要改|改改|改"
	WordsOldDrop    = "不要|不沿用|删掉|删除|删|不适用|去掉|不用|不留|作废"
	WordsTheRest    = "其他的|其余的|其它的|剩下的|别的|其他|其余|其它|剩下|其他都|其余都"
	WordsEditLead   = "改一下|改一改|修改一下|修改|改|重写|我想改|我要改|想改|改改|帮我改|删掉|删除|删"
	WordsEditTail   = "改一下|改一改|要改|修改|重写|改|改下|改改|改了|不对|删掉|删了|删除|不要了|要删"
	WordsEditBare   = "改|改一下|改一改|修改|修改一下|我要改"
	WordsEditMark   = "第|条" // without one, "2改" is an answer to a list, not a command
	WordsOldAll     = "全部|全都|都|全|所有|每条"
	WordsOldBut     = "除了|除"
	WordsOldFiller  = "我|它|这|请|那|就|把|给|的|了|吧|呢|啊|哦|哈|嘛|也|还|一下|以外|之外|外|条|去年|今年|是"
	NumberSigns     = "0123456789零一二三四五六七八九十两第条和-~到至号"
	WordsSkip       = "跳过|先跳过|没有|没有了|无|不知道|不晓得|不清楚|想不出来|想不到|没想好|以后再说|先空着|空着|没措施|没有措施|下一个"
	WordsAnyWay     = "随便|你看着办|你定|都行|都可以|随便选|你帮我选|看着办"
	WordsKeepThem   = "不变|不换|不改|不用改|沿用|就这样|不用换"
	WordsAlso       = "，另外|,另外|另外|再加上|再加|，加上|外加|，还有|,还有"
	WordsMoreLead   = "还有就是|还有|另外|此外|再有|再就是"
	WordsOwnMeans   = "措施：|措施:|防控措施：|防控措施:|办法：|办法:"
	WordsUse        = "用这个写法|用这个|就用这个|用它|换成这个|可以，用这个"
	WordsSelf       = "自己改|我自己改|改|改一下|改一改|重写|重说|我重说|重新写"
	WordsMoreWay    = "再加一种做法|再加一种|再加一个|还有|还有一种|再补一句|补充一句|再加一种表现"
	WordsKind       = "改类别|换类别|类别不对|不是这一类|类别错了"
	WordsBare       = "不改|不改了|不用改|不改啦|算了"
	WordsPastTime   = "去年|前年|上个月|上月|上次|昨天|前天|那次|有一次|年前"
	WordsPastMark   = "了|过|已经|曾"
	WordsMaybe      = "可能|容易|也许|万一|如果|假如|会|能"
	WordsFirstFew   = "前"
	WordsAllOfThem  = "都要|都选|都可以|都行|就行|就好|好了|即可"
	WordsPolite     = "把|请帮我|帮我|麻烦|请"
	WordsTurnInto   = "改成|改为|换成|应该是|我觉得吧|我觉得|我认为|嗯|额|呃|那个|就是说"
	// WordsMight begins a risk point; with one of WordsNotRisk beside it it may deny one.
	WordsMight    = "可能"
	WordsNotRisk  = "不可能|没可能|没有可能|不太可能|可能性|没有|无|不"
	WordsComplain = "我要投诉|我要举报|投诉|举报|我要反映|反映问题"
	WordsStep     = "再|然后|最后|接着|先|，|、|,|;|；|。|→|\n"
	// WordsElsewhere mean the same in the middle of a sentence's step: they are never its answer.
	WordsElsewhere   = WordsSubmit + "|" + WordsDone + "|" + WordsUpload + "|" + WordsEditBare + "|" + WordsHello + "|" + WordsCampaignEnd
	WordsCampaignEnd = "结束排查工作|结束排查|关闭排查工作|结束自查工作|收工|排查结束"
	ListLine         = `^[(（【]?(?:第)?(?:\d{1,2}|[一二三四五六七八九十]{1,3})(?:条|点)?(?:[)）】、.．:：,，\t]|\s)\s*`
	ParticlesAfter   = "吧|了|呗|啊|呀|哦|哈|嘛|一下|。|!|,|~|咯|啦|嘞|哟|喽|噻|呢|滴"
)

// Clip shortens a label to n characters; the last becomes … when some are left out.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + Ellipsis
	}
	return s
}

// SoundsLikeRisk reports whether a reason for "no risk" says what might go wrong
// instead of why nothing can.
func SoundsLikeRisk(reason string) bool {
	for w := range strings.SplitSeq(WordsNotRisk, "|") {
		if strings.Contains(reason, w) {
			return false
		}
	}
	return strings.Contains(reason, WordsMight)
}

// Words lists the phrasings of a command, for a card's options.
func Words(phrases string) []string { return strings.Split(phrases, "|") }

// Says reports whether a folded text is one of the phrases, a closing particle or
// full stop aside.
func Says(phrases, said string) bool {
	said = strings.ToLower(strings.TrimSpace(said))
	for {
		for p := range strings.SplitSeq(phrases, "|") {
			if said == p {
				return true
			}
		}
		shorter := said
		for p := range strings.SplitSeq(ParticlesAfter, "|") {
			shorter = strings.TrimSuffix(shorter, p)
		}
		if shorter == said || shorter == "" {
			return false
		}
		said = shorter
	}
}
