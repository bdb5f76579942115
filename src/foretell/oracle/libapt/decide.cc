// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asks libapt what it decides, request after request, without changing anything.
//
//   decide [Key=Value ...]          options; the rest of the configuration is what APT_CONFIG says
//
// APT::Solver=internal asks the classic solver, and solver3 after it when it fails, as apt does.
//
// First it says "ready <version of libapt>".  Then each line of standard input is a request of
// tab-separated words: a verb (install, remove, purge, reinstall, autoremove, upgrade,
// upgrade-new, full-upgrade) and its arguments as apt-get(8) takes them; or a look into the
// cache: dump-order, dump-group NAME...  The verb mark changes the state that the next request and
// only that is about: its words are auto=NAME, manual=NAME, hold=NAME, unhold=NAME, of installed
// packages, as apt-mark(8) has it.  Every answer, "ready" too, ends in a line ".":
//
//   ok | failed
//   change <name> <architecture> <action> <new version or -> <old version or -> <auto 0|1>
//   mark   <name> <architecture> <auto 0|1>            the automatic mark alone changed
//   garbage <name> <architecture>                      there and no longer required
//   error  <text, newlines as \n>                      or notice, or warning
//
// Each request is put on standard error, after "# ", before libapt writes a trace there.
// The depcache is rolled back after each request.  This file stands apart from the rest of the
// project: it links libapt-pkg, which is GPL-2.0-or-later, and nothing else links it.

#include <apt-pkg/algorithms.h>
#include <apt-pkg/cachefile.h>
#include <apt-pkg/cacheset.h>
#include <apt-pkg/configuration.h>
#include <apt-pkg/depcache.h>
#include <apt-pkg/edsp.h>
#include <apt-pkg/error.h>
#include <apt-pkg/init.h>
#include <apt-pkg/pkgcache.h>
#include <apt-pkg/pkgsystem.h>
#include <apt-pkg/policy.h>
#include <apt-pkg/upgrade.h>

#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using Words = std::vector<std::string>;
using Container = APT::VersionContainerInterface;
using Packages = std::vector<pkgCache::PkgIterator>;

char const *const DROPS = "APT::Get::AutomaticRemove";

enum Wish : unsigned short { INSTALL, REMOVE };

Words split(std::string const &line)
{
   Words words;
   std::stringstream in(line);
   for (std::string word; std::getline(in, word, '\t');)
      words.push_back(word);
   return words;
}

void drain_errors(bool show)
{
   while (not _error->empty(GlobalError::DEBUG)) {
      std::string text;
      bool const is_error = _error->PopMessage(text);
      if (not show)
	 continue;
      std::string flat;
      for (char c : text)
	 flat += c == '\n' ? std::string("\\n") : std::string(1, c);
      std::cout << (is_error ? "error\t" : "notice\t") << flat << "\n";
   }
}

// Take the errors of the present stack, as one text.
std::string pending_errors()
{
   std::string all;
   while (not _error->empty(GlobalError::ERROR)) {
      std::string text;
      if (_error->PopMessage(text))
	 all += (all.empty() ? "" : "\n") + text;
   }
   return all;
}

// Words become versions as apt-get takes them, where libapt alone would be stricter.
class Selector : public APT::CacheSetHelper
{
   using Versions = std::list<std::pair<pkgCache::VerIterator, std::string>>;

   // A virtual package with one provider means that provider.
   pkgCache::VerIterator only_provider(pkgCacheFile &file, pkgCache::PkgIterator const &package)
   {
      pkgCache::VerIterator found(file, nullptr);
      for (auto provided = package.ProvidesList(); not provided.end(); ++provided) {
	 auto const candidate = file[provided.OwnerPkg()].CandidateVerIter(file);
	 if (candidate.end() or candidate != provided.OwnerVer())
	    continue;
	 if (not found.end() and found.ParentPkg() != candidate.ParentPkg())
	    return pkgCache::VerIterator(file, nullptr);
	 found = candidate;
      }
      return found;
   }

   public:
   Versions by_release;

   // What has no version cannot be removed: apt-get says so and goes on.
   pkgCache::VerIterator canNotGetVersion(VerSelector const select, pkgCacheFile &file,
					  pkgCache::PkgIterator const &package) override
   {
      if (select == NEWEST)
	 return pkgCache::VerIterator(file, nullptr);
      if (select == CANDIDATE) {
	 auto const provider = only_provider(file, package);
	 if (not provider.end())
	    return provider;
      }
      return APT::CacheSetHelper::canNotGetVersion(select, file, package);
   }

   void canNotFindVersion(VerSelector const select, Container *const found, pkgCacheFile &file,
			  pkgCache::PkgIterator const &package) override
   {
      if (select == NEWEST)
	 return;
      if (select == CANDIDATE) {
	 auto const provider = only_provider(file, package);
	 if (not provider.end()) {
	    found->insert(provider);
	    return;
	 }
      }
      APT::CacheSetHelper::canNotFindVersion(select, found, file, package);
   }

   void showVersionSelection(pkgCache::PkgIterator const &, pkgCache::VerIterator const &version,
			     VerSelector const select, std::string const &pattern) override
   {
      if (select == RELEASE)
	 by_release.emplace_back(version, pattern);
   }
};

class Decider
{
   pkgCacheFile file;
   std::vector<std::pair<pkgCache::PkgIterator, unsigned char>> held;
   std::vector<bool> was_auto;
   Words marks;

   pkgDepCache &dep() { return *file.GetDepCache(); }

   std::map<unsigned short, APT::VersionVector> parse(Words const &words, Wish plain,
						       Selector &selector)
   {
      using Modifier = Container::Modifier;
      std::list<Modifier> modifiers;
      modifiers.emplace_back(INSTALL, "+", Modifier::POSTFIX, Selector::CANDIDATE);
      modifiers.emplace_back(REMOVE, "-", Modifier::POSTFIX, Selector::NEWEST);
      std::vector<char const *> line;
      for (auto const &word : words)
	 line.push_back(word.c_str());
      line.push_back(nullptr);
      return APT::VersionVector::GroupedFromCommandLine(file, line.data(), modifiers, plain,
							selector);
   }

   // A package that is not there is held, so that nothing pulls it in.
   void mark_removals(APT::VersionVector const &versions, bool purge, pkgProblemResolver &resolver)
   {
      for (auto const &version : versions) {
	 auto package = version.ParentPkg();
	 resolver.Clear(package);
	 resolver.Protect(package);
	 resolver.Remove(package);
	 if (package->CurrentVer == 0 and
	     (not purge or package->CurrentState == pkgCache::State::NotInstalled)) {
	    held.emplace_back(package, package->SelectedState);
	    package->SelectedState = pkgCache::State::Hold;
	 } else
	    dep().MarkDelete(package, purge, 0, true);
      }
   }

   void mark_installs(APT::VersionVector const &versions, bool reinstall,
		      pkgProblemResolver &resolver)
   {
      for (auto const &version : versions) {
	 auto package = version.ParentPkg();
	 dep().SetCandidateVersion(version);
	 resolver.Clear(package);
	 resolver.Protect(package);
	 dep().MarkInstall(package, false);
	 // A named upgrade makes manual what nothing needs any more, but not when it is reinstalled.
	 if (reinstall and package->CurrentVer != 0)
	    dep().MarkAuto(package, was_auto[package->ID]);
	 auto const &state = dep()[package];
	 if (state.Install())
	    continue;
	 if (reinstall) {
	    // apt says that it is not possible and goes on.
	    if (version.Downloadable())
	       dep().SetReInstall(package, true);
	 } else if (state.Flags & pkgCache::Flag::Auto)
	    dep().MarkAuto(package, false);
      }
   }

   // What was named is installed with its dependencies, one after the other; then repairs begin.
   bool solve_classic(unsigned flags, APT::VersionVector const &wanted,
		      pkgProblemResolver &resolver)
   {
      for (auto const &version : wanted)
	 dep().MarkInstall(version.ParentPkg(), true, 0, true);
      if (_error->PendingError())
	 return false;
      if (flags & EDSP::Request::UPGRADE_ALL) {
	 int mode = APT::Upgrade::ALLOW_EVERYTHING;
	 if (flags & EDSP::Request::FORBID_REMOVE)
	    mode |= APT::Upgrade::FORBID_REMOVE_PACKAGES;
	 if (flags & EDSP::Request::FORBID_NEW_INSTALL)
	    mode |= APT::Upgrade::FORBID_INSTALL_NEW_PACKAGES;
	 if (not APT::Upgrade::Upgrade(dep(), mode, nullptr))
	    return false;
      } else if (not resolver.Resolve(true) and dep().BrokenCount() != 0)
	 return false;
      return dep().BrokenCount() == 0;
   }

   // The classic solver's success is final; when it fails, what solver3 says counts if that can.
   bool solve_with_fallback(unsigned flags, bool has_words, APT::VersionVector const &wanted,
			    Selector &selector, pkgProblemResolver &resolver)
   {
      pkgDepCache::Transaction start(dep(), pkgDepCache::Transaction::Behavior::COMMIT);
      follow_releases(selector);
      if (solve_classic(flags, wanted, resolver) and not _error->PendingError())
	 return true;
      bool const forbids = flags & (EDSP::Request::FORBID_REMOVE | EDSP::Request::FORBID_NEW_INSTALL);
      if (forbids and has_words)
	 return false;
      start.temporaryRollback();
      std::string const removes = _config->Find("APT::Solver::RemoveManual");
      _config->Set("APT::Solver", "3.0");
      _config->Set("APT::Solver::RemoveManual", true);
      _error->PushToStack();
      follow_releases(selector);
      bool const ok = EDSP::ResolveExternal("3.0", dep(), flags, nullptr) and
		      not _error->PendingError() and dep().BrokenCount() == 0;
      std::string const context = ok ? std::string() : pending_errors();
      _error->RevertToStack();
      if (not context.empty())
	 _error->Error("The following information from --solver 3.0 may provide additional context:\n%s",
		       context.c_str());
      _config->Set("APT::Solver", "internal");
      if (removes.empty())
	 _config->Clear("APT::Solver::RemoveManual");
      else
	 _config->Set("APT::Solver::RemoveManual", removes);
      if (ok)
	 drain_errors(false);
      return ok;
   }

   void follow_releases(Selector &selector)
   {
      for (auto const &[version, release] : selector.by_release)
	 dep().SetCandidateRelease(version, release);
   }

   bool solve(unsigned flags, bool has_words, APT::VersionVector const &wanted,
	      Selector &selector, pkgProblemResolver &resolver)
   {
      std::string solver = _config->Find("APT::Solver", "3.0");
      // apt-get does not ask the classic solver then, whatever is configured.
      if (solver == "internal" and not _config->FindB("APT::Solver::Strict-Pinning", true))
	 solver = "3.0";
      if (solver == "internal")
	 return solve_with_fallback(flags, has_words, wanted, selector, resolver);
      follow_releases(selector);
      return EDSP::ResolveExternal(solver.c_str(), dep(), flags, nullptr);
   }

   // Drop new garbage; with autoremove drop installed garbage too.
   void sweep(bool autoremove)
   {
      Packages dropped;
      dep().MarkAndSweep();
      for (auto package = dep().PkgBegin(); not package.end(); ++package) {
	 if (not dep()[package].Garbage)
	    continue;
	 if (package->CurrentVer != 0) {
	    if (autoremove)
	       dep().MarkDelete(package, false, 0, false);
	 } else if (dep()[package].NewInstall()) {
	    dep().MarkKeep(package, false, false);
	    dropped.push_back(package);
	 }
      }
      if (not autoremove and (dep().BrokenCount() != 0 or dep().PolicyBrokenCount() != 0))
	 while (take_back_one(dropped)) {
	 }
   }

   // As apt-get does: what fulfils a relation of the plan that nothing installed fulfils comes back.
   bool take_back_one(Packages &dropped)
   {
      for (auto at = dropped.begin(); at != dropped.end(); ++at) {
	 if (not is_wanted(*at))
	    continue;
	 dep().MarkInstall(*at, false, 0, false);
	 dropped.erase(at);
	 return true;
      }
      return false;
   }

   bool is_wanted(pkgCache::PkgIterator const &package)
   {
      auto const version = dep().GetCandidateVersion(package);
      if (is_needed(package, version))
	 return true;
      for (auto provided = version.ProvidesList(); not provided.end(); ++provided)
	 if (is_needed(provided.ParentPkg(), version))
	    return true;
      return false;
   }

   bool is_needed(pkgCache::PkgIterator const &named, pkgCache::VerIterator const &version)
   {
      for (auto need = named.RevDependsList(); not need.end(); ++need) {
	 if (need.IsNegative() or not dep().IsImportantDep(need))
	    continue;
	 if (need.ParentVer() != dep()[need.ParentPkg()].InstVerIter(dep()))
	    continue;
	 if (fulfils(need, version) and not stays_fulfilled(need))
	    return true;
      }
      return false;
   }

   std::vector<pkgCache::VerIterator> targets(pkgCache::DepIterator const &need)
   {
      std::unique_ptr<pkgCache::Version *[]> const all(need.AllTargets());
      std::vector<pkgCache::VerIterator> found;
      for (auto at = all.get(); *at != nullptr; ++at)
	 found.emplace_back(*file.GetPkgCache(), *at);
      return found;
   }

   bool fulfils(pkgCache::DepIterator const &need, pkgCache::VerIterator const &version)
   {
      for (auto const &target : targets(need))
	 if (target == version)
	    return true;
      return false;
   }

   bool stays_fulfilled(pkgCache::DepIterator const &need)
   {
      for (auto const &target : targets(need)) {
	 auto const package = target.ParentPkg();
	 if (package->CurrentVer != 0 and dep()[package].InstVerIter(dep()) == target)
	    return true;
      }
      return false;
   }

   // A purge purges all that is removed.
   void purge_removals()
   {
      for (auto package = dep().PkgBegin(); not package.end(); ++package)
	 if (dep()[package].Delete() and not dep()[package].Purge())
	    dep().MarkDelete(package, true, 0, false);
   }

   void print_change(pkgCache::PkgIterator const &package)
   {
      auto &state = dep()[package];
      bool const is_auto = state.Flags & pkgCache::Flag::Auto;
      char const *action = nullptr;
      if (state.Delete())
	 action = (state.iFlags & pkgDepCache::Purge) ? "purge" : "remove";
      else if (state.NewInstall())
	 action = "install";
      else if (state.Upgrade())
	 action = "upgrade";
      else if (state.Downgrade())
	 action = "downgrade";
      else if (state.ReInstall() or (state.iFlags & pkgDepCache::ReInstall))
	 action = "reinstall";
      if (action == nullptr) {
	 auto const before = was_auto[package->ID];
	 if (package->CurrentVer != 0 and before != is_auto)
	    std::cout << "mark\t" << package.Name() << "\t" << package.Arch() << "\t" << is_auto
		      << "\n";
	 return;
      }
      auto const next = state.InstVerIter(dep());
      auto const current = package.CurrentVer();
      std::cout << "change\t" << package.Name() << "\t" << package.Arch() << "\t" << action << "\t"
		<< (state.Delete() or next.end() ? "-" : next.VerStr()) << "\t"
		<< (current.end() ? "-" : current.VerStr()) << "\t" << is_auto << "\n";
   }

   bool is_unneeded(pkgCache::PkgIterator const &package)
   {
      auto const &state = dep()[package];
      return state.Garbage and not state.Delete() and
	     (package->CurrentVer != 0 or state.NewInstall());
   }

   void print_plan()
   {
      for (auto package = dep().PkgBegin(); not package.end(); ++package)
	 print_change(package);
      for (auto package = dep().PkgBegin(); not package.end(); ++package)
	 if (is_unneeded(package))
	    std::cout << "garbage\t" << package.Name() << "\t" << package.Arch() << "\n";
   }

   unsigned solver_flags(std::string const &verb)
   {
      using namespace EDSP::Request;
      if (verb == "upgrade")
	 return UPGRADE_ALL | FORBID_NEW_INSTALL | FORBID_REMOVE;
      if (verb == "upgrade-new")
	 return UPGRADE_ALL | FORBID_REMOVE;
      return verb == "full-upgrade" ? UPGRADE_ALL : 0;
   }

   bool request(std::string const &verb, Words const &words)
   {
      // As apt-get does: what autoremove stands for is asked before the solver decides.
      bool const drops = _config->FindB(DROPS, false);
      if (verb == "autoremove")
	 _config->Set(DROPS, true);
      bool const ok = solve_words(verb, words);
      _config->Set(DROPS, drops);
      return ok;
   }

   bool solve_words(std::string const &verb, Words const &words)
   {
      bool const purge = verb == "purge" or _config->FindB("APT::Get::Purge", false);
      bool const removes = verb == "remove" or verb == "purge" or verb == "autoremove";
      dep().MarkAndSweep();
      Selector selector;
      auto wishes = parse(words, removes ? REMOVE : INSTALL, selector);
      if (_error->PendingError())
	 return false;
      pkgProblemResolver resolver(&dep());
      mark_removals(wishes[REMOVE], purge, resolver);
      mark_installs(wishes[INSTALL], verb == "reinstall", resolver);
      bool const has_words = not words.empty();
      if (not solve(solver_flags(verb), has_words, wishes[INSTALL], selector, resolver) or
	  _error->PendingError())
	 return false;
      sweep(_config->FindB(DROPS, false));
      if (purge)
	 purge_removals();
      return true;
   }

   pkgCache::PkgIterator marked(std::string const &word)
   {
      return file.GetPkgCache()->FindPkg(word.substr(word.find('=') + 1));
   }

   // The system as apt-mark would have left it: no request has been made yet.
   void put_mark(std::string const &word)
   {
      auto package = marked(word);
      std::string const kind = word.substr(0, word.find('='));
      if (kind == "auto" or kind == "manual") {
	 dep().MarkAuto(package, kind == "auto");
	 return;
      }
      held.emplace_back(package, package->SelectedState);
      package->SelectedState = kind == "hold" ? pkgCache::State::Hold : pkgCache::State::Install;
   }

   void keep_marks(Words const &words)
   {
      for (auto const &word : words) {
	 std::string const kind = word.substr(0, word.find('='));
	 bool const is_known =
	    kind == "auto" or kind == "manual" or kind == "hold" or kind == "unhold";
	 auto const package = marked(word);
	 if (not is_known or package.end() or package->CurrentVer == 0) {
	    std::cout << "error\t" << word << " is no mark of an installed package\n";
	    return;
	 }
      }
      marks = words;
      std::cout << "ok\n";
   }

   void decide(std::string const &verb, Words const &words)
   {
      pkgDepCache::ActionGroup inhibit(dep());
      pkgDepCache::Transaction guard(dep(), pkgDepCache::Transaction::Behavior::ROLLBACK);
      for (auto const &word : marks)
	 put_mark(word);
      marks.clear();
      was_auto.assign(dep().GetCache().Head().PackageCount, false);
      for (auto package = dep().PkgBegin(); not package.end(); ++package)
	 was_auto[package->ID] = dep()[package].Flags & pkgCache::Flag::Auto;
      bool const ok = request(verb, words);
      std::cout << (ok ? "ok\n" : "failed\n");
      if (ok)
	 print_plan();
      drain_errors(true);
      for (; not held.empty(); held.pop_back())
	 held.back().first->SelectedState = held.back().second;
   }

   void dump_order()
   {
      pkgCache &cache = *file.GetPkgCache();
      for (auto package = cache.PkgBegin(); not package.end(); ++package) {
	 std::cout << "package\t" << package->ID << "\t" << package.Name() << "\t"
		   << package.Arch();
	 for (auto version = package.VersionList(); not version.end(); ++version)
	    std::cout << "\t" << version.VerStr();
	 std::cout << "\n";
      }
   }

   void dump_version(pkgCache::VerIterator const &version)
   {
      std::cout << "version\t" << version.VerStr() << "\t"
		<< file.GetPolicy()->GetPriority(version) << "\n";
      for (auto dep_ = version.DependsList(); not dep_.end(); ++dep_)
	 std::cout << "relation\t" << dep_.DepType() << "\t" << dep_.TargetPkg().FullName() << "\t"
		   << (dep_.CompType() ? dep_.CompType() : "") << "\t"
		   << (dep_.TargetVer() ? dep_.TargetVer() : "") << "\t"
		   << ((dep_->CompareOp & pkgCache::Dep::Or) ? "or" : "") << "\t"
		   << ((dep_->CompareOp & pkgCache::Dep::MultiArchImplicit) ? "implicit" : "") << "\n";
   }

   void dump_group(std::string const &name)
   {
      auto group = file.GetPkgCache()->FindGrp(name);
      if (group.end())
	 return;
      for (auto package = group.PackageList(); not package.end(); package = group.NextPkg(package)) {
	 auto candidate = file.GetPolicy()->GetCandidateVer(package);
	 std::cout << "package\t" << package->ID << "\t" << package.Name() << "\t"
		   << package.Arch() << "\t" << (candidate.end() ? "-" : candidate.VerStr()) << "\n";
	 for (auto version = package.VersionList(); not version.end(); ++version)
	    dump_version(version);
	 for (auto provided = package.ProvidesList(); not provided.end(); ++provided)
	    std::cout << "provided\t" << provided.OwnerPkg().FullName() << "\t"
		      << provided.OwnerVer().VerStr() << "\t"
		      << (provided.ProvideVersion() ? provided.ProvideVersion() : "") << "\n";
	 for (auto need = package.RevDependsList(); not need.end(); ++need)
	    std::cout << "needed\t" << need.ParentPkg().FullName() << "\t"
		      << need.ParentVer().VerStr() << "\t" << need.DepType() << "\t"
		      << (need.CompType() ? need.CompType() : "") << "\t"
		      << (need.TargetVer() ? need.TargetVer() : "") << "\n";
      }
   }

   public:
   bool open()
   {
      return file.Open(nullptr, false);
   }

   void serve()
   {
      std::cout << "ready\t" << pkgVersion << "\n." << std::endl;
      for (std::string line; std::getline(std::cin, line);) {
	 Words words = split(line);
	 if (words.empty())
	    continue;
	 std::string const verb = words.front();
	 words.erase(words.begin());
	 std::cerr << "# " << line << std::endl;
	 if (verb == "dump-order")
	    dump_order();
	 else if (verb == "dump-group")
	    for (auto const &name : words)
	       dump_group(name);
	 else if (verb == "mark")
	    keep_marks(words);
	 else
	    decide(verb, words);
	 drain_errors(false);
	 std::cout << "." << std::endl;
      }
   }
};
}

int main(int argc, char **argv)
{
   if (not pkgInitConfig(*_config))
      return 1;
   for (int at = 1; at < argc; ++at) {
      std::string const option = argv[at];
      auto const equals = option.find('=');
      if (equals == std::string::npos)
	 return 2;
      _config->Set(option.substr(0, equals), option.substr(equals + 1));
   }
   Decider decider;
   if (not pkgInitSystem(*_config, _system) or not decider.open()) {
      _error->DumpErrors(std::cerr);
      return 1;
   }
   decider.serve();
   return 0;
}
